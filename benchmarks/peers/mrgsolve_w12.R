# mrgsolve (LSODA) on the benchmark's workloads: Rscript mrgsolve_w12.R FOLDER [CORES] [WORKLOAD ...]
#
# mrgsolve does not share people among threads, so they are parted among forked processes, as its users do. Its answer
# counts as given when every process has handed back its part; the parts are not bound together.
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "workload.R"))
suppressMessages(library(mrgsolve))

PARAMETERS <- "
$PARAM clearance = 70, central_volume = 25, second_flow = 100, second_volume = 60, third_flow = 50, third_volume = 150
absorption = 1.5, bioavailability = 0.45, metabolite_fraction = 0.7, metabolite_clearance = 40, metabolite_volume = 50
metabolite_flow = 60, metabolite_second_volume = 100, ke0 = 6
"
RATES <- "
$MAIN
double lost = clearance / central_volume;
double to_second = second_flow / central_volume;
double from_second = second_flow / second_volume;
double to_third = third_flow / central_volume;
double from_third = third_flow / third_volume;
double metabolite_lost = metabolite_clearance / metabolite_volume;
double metabolite_out = metabolite_flow / metabolite_volume;
double metabolite_back = metabolite_flow / metabolite_second_volume;
F_depot = bioavailability;
"
KINETICS <- "
$ODE
dxdt_depot = -absorption * depot;
dxdt_central = absorption * depot - (lost + to_second + to_third) * central + from_second * second + from_third * third;
dxdt_second = to_second * central - from_second * second;
dxdt_third = to_third * central - from_third * third;
dxdt_metabolite = metabolite_fraction * lost * central - (metabolite_lost + metabolite_out) * metabolite
  + metabolite_back * metabolite_second;
dxdt_metabolite_second = metabolite_out * metabolite - metabolite_back * metabolite_second;
dxdt_site = ke0 * (central / central_volume - site);
"
W1 <- paste0(PARAMETERS, "$CMT depot central second third metabolite metabolite_second site\n", RATES, KINETICS, "
$TABLE
capture answer_1 = 1000 * central / central_volume;
capture answer_2 = 1000 * metabolite / metabolite_volume;
capture answer_3 = 1000 * site;
")
W2 <- paste0(PARAMETERS, "
pressure_most = 0.35, pressure_half = 150, pressure_steepness = 1.5, pressure_rate = 3, moderator_rate = 0.8
plasticity_made = 0.5, plasticity_half = 100, plasticity_lost = 0.02
symptom_most = 0.7, symptom_half = 0.3, symptom_rate = 0.01
$CMT depot central second third metabolite metabolite_second site pressure moderator plasticity symptom
", RATES, "
pressure_0 = 1;
moderator_0 = 1;
symptom_0 = 1;
double half_power = pow(pressure_half / 1000, pressure_steepness);
", KINETICS, "
double heard = site > 0 ? site : 0;
double power = pow(heard, pressure_steepness);
dxdt_pressure = pressure_rate * (1 + pressure_most * power / (half_power + power) - pressure * moderator);
dxdt_moderator = moderator_rate * (pressure - moderator);
dxdt_plasticity = plasticity_made * heard / (plasticity_half / 1000 + heard) - plasticity_lost * plasticity;
dxdt_symptom = symptom_rate * (1 - symptom_most * plasticity / (symptom_half + plasticity) - symptom);
$TABLE
capture answer_1 = pressure;
capture answer_2 = symptom;
capture answer_3 = 1000 * site;
")

dosing <- function(work, people) {
  doses <- work$doses[rep(seq_len(nrow(work$doses)), times = nrow(people)), ]
  amount_mg <- doses$amount_mg * rep(people$body_weight, each = nrow(work$doses)) / 75
  data.frame(
    ID = rep(people$id, each = nrow(work$doses)), time = doses$start_h, amt = amount_mg, evid = 1,
    cmt = ifelse(doses$state == "depot", 1, 2),
    rate = ifelse(doses$duration_h > 0, amount_mg / doses$duration_h, 0)
  )
}

preparing <- function(model, work, cores) function(places) {
  part_of <- cut(seq_along(places), cores, labels = FALSE)
  parts <- lapply(split(places, part_of), function(some) {
    people <- work$people[some, ]
    list(doses = dosing(work, people), people = cbind(ID = people$id, people[setdiff(names(people), "id")]))
  })
  function(relative, absolute) {
    asked <- update(model, rtol = relative, atol = absolute, maxsteps = 100000)
    answer <- function(part) {
      mrgsim(
        asked, data = part$doses, idata = part$people, tgrid = work$at_h, end = -1, obsonly = TRUE, recsort = 3,
        output = "df"
      )
    }
    parallel::mclapply(parts, answer, mc.cores = cores)
  }
}

arguments <- commandArgs(TRUE)
cores <- if (length(arguments) > 1) as.integer(arguments[2]) else 2L
wanted <- if (length(arguments) > 2) arguments[-(1:2)] else c("w1", "w2")
for (name in wanted) {
  work <- read_workload(arguments[1], name)
  model <- mcode(name, if (name == "w1") W1 else W2, quiet = TRUE)
  model <- update(model, outvars = OUTPUTS)
  measure(preparing(model, work, cores), work, "mrgsolve", cores)
}
