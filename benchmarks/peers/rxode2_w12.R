# rxode2 (liblsoda) on the benchmark's workloads: Rscript rxode2_w12.R FOLDER [CORES] [WORKLOAD ...]
#
# All people share one table of doses and times, which its authors document as the fast path and which measured about
# five times as fast as rows of their own for each person. Shared doses are those of a person of 75 kg, so amounts are
# per 75 kg and what is read or heard is multiplied by the person's share.
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "workload.R"))
suppressMessages(library(rxode2))

KINETICS <- "
lost = clearance / central_volume;
to_second = second_flow / central_volume;
from_second = second_flow / second_volume;
to_third = third_flow / central_volume;
from_third = third_flow / third_volume;
metabolite_lost = metabolite_clearance / metabolite_volume;
metabolite_out = metabolite_flow / metabolite_volume;
metabolite_back = metabolite_flow / metabolite_second_volume;
share = body_weight / 75;
f(depot) = bioavailability;
d/dt(depot) = -absorption * depot;
d/dt(central) = absorption * depot - (lost + to_second + to_third) * central + from_second * second + from_third * third;
d/dt(second) = to_second * central - from_second * second;
d/dt(third) = to_third * central - from_third * third;
d/dt(metabolite) = metabolite_fraction * lost * central - (metabolite_lost + metabolite_out) * metabolite + metabolite_back * metabolite_second;
d/dt(metabolite_second) = metabolite_out * metabolite - metabolite_back * metabolite_second;
d/dt(site) = ke0 * (central / central_volume - site);
"
W1 <- paste0(KINETICS, "
answer_1 = 1000 * share * central / central_volume;
answer_2 = 1000 * share * metabolite / metabolite_volume;
answer_3 = 1000 * share * site;
")
W2 <- paste0(KINETICS, "
pressure(0) = 1;
moderator(0) = 1;
symptom(0) = 1;
heard = share * max(site, 0);
power = heard^pressure_steepness;
half_power = (pressure_half / 1000)^pressure_steepness;
d/dt(pressure) = pressure_rate * (1 + pressure_most * power / (half_power + power) - pressure * moderator);
d/dt(moderator) = moderator_rate * (pressure - moderator);
d/dt(plasticity) = plasticity_made * heard / (plasticity_half / 1000 + heard) - plasticity_lost * plasticity;
d/dt(symptom) = symptom_rate * (1 - symptom_most * plasticity / (symptom_half + plasticity) - symptom);
answer_1 = pressure;
answer_2 = symptom;
answer_3 = 1000 * share * site;
")

schedule <- function(work) {
  doses <- data.frame(
    time = work$doses$start_h, amt = work$doses$amount_mg, evid = 1, cmt = work$doses$state,
    rate = ifelse(work$doses$duration_h > 0, work$doses$amount_mg / work$doses$duration_h, 0)
  )
  looks <- data.frame(time = work$at_h, amt = 0, evid = 0, cmt = "central", rate = 0)
  rows <- rbind(doses, looks)
  et(rows[order(rows$time, -rows$evid), ])
}

preparing <- function(model, work, cores) function(places) {
  events <- schedule(work)
  people <- work$people[places, setdiff(names(work$people), "id")]
  function(relative, absolute) {
    list(rxSolve(
      model, params = people, events = events, cores = cores, method = "liblsoda", rtol = relative, atol = absolute,
      maxsteps = 1000000, addDosing = FALSE, returnType = "data.frame", nDisplayProgress = 1000000000L
    ))
  }
}

arguments <- commandArgs(TRUE)
cores <- if (length(arguments) > 1) as.integer(arguments[2]) else 2L
wanted <- if (length(arguments) > 2) arguments[-(1:2)] else c("w1", "w2")
setRxThreads(cores)
for (name in wanted) {
  work <- read_workload(arguments[1], name)
  model <- rxode2(model = if (name == "w1") W1 else W2)
  measure(preparing(model, work, cores), work, "rxode2", cores)
}
