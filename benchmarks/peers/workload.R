# What every peer in R reads and answers to; benchmarks/engine_peers.py writes the files.
#
# FOLDER/NAME_people.csv     one row per person: id, then the parameters by the names of benchmarks/models/*.toml
# FOLDER/NAME_doses.csv      start_h, duration_h (0: at once), amount_mg for a person of 75 kg, state it enters
# FOLDER/NAME_times.csv      at_h
# FOLDER/NAME_truth.f64      doubles: for each of the first people, each time, the three outputs

OUTPUTS <- c("answer_1", "answer_2", "answer_3")
GATE <- 1e-4
REPEATS <- 3L
RELATIVE <- c(1e-4, 3e-5, 1e-5, 5e-6, 3e-6, 2e-6, 1e-6, 5e-7, 3e-7, 1e-7, 1e-8)
ABSOLUTE <- c(1e-7, 1e-8, 1e-9)

read_workload <- function(folder, name) {
  file <- function(ending) file.path(folder, paste0(name, ending))
  at_h <- read.csv(file("_times.csv"))$at_h
  per_person <- length(at_h) * length(OUTPUTS)
  truth <- readBin(file("_truth.f64"), "double", n = file.size(file("_truth.f64")) / 8)
  list(
    name = name,
    people = read.csv(file("_people.csv")),
    doses = read.csv(file("_doses.csv")),
    at_h = at_h,
    truth = array(truth, c(length(OUTPUTS), length(at_h), length(truth) / per_person))
  )
}

# The worst over people, times and outputs: a share of the value or of a thousandth of the person's own peak.
# answers: data frames with the outputs as columns, one person after the other.
worst_error <- function(answers, truth) {
  columns <- do.call(rbind, lapply(answers, function(part) as.matrix(part[, OUTPUTS])))
  found <- array(t(columns), dim(truth))
  peak <- apply(abs(truth), c(1, 3), max)
  floor <- aperm(array(peak, dim(truth)[c(1, 3, 2)]), c(1, 3, 2)) / 1000
  max(abs(found - truth) / (abs(truth) + floor))
}

# For each absolute tolerance the loosest relative one that passes; of these the fastest.
# prepare(people) gives a function of (relative, absolute) that solves them.
loosest <- function(prepare, work) {
  solve <- prepare(seq_len(dim(work$truth)[3]))
  solve(RELATIVE[1], ABSOLUTE[1])
  best <- NULL
  for (absolute in ABSOLUTE) {
    for (relative in RELATIVE) {
      took_s <- system.time(answers <- solve(relative, absolute))[["elapsed"]]
      worst <- worst_error(answers, work$truth)
      if (worst <= GATE) {
        if (is.null(best) || took_s < best$took_s) {
          best <- list(relative = relative, absolute = absolute, worst = worst, took_s = took_s)
        }
        break
      }
    }
  }
  if (is.null(best)) stop("No tolerance passes the gate.")
  best
}

# One line of JSON: people per second with everybody solved, the median over repeats. Compiling is not counted.
measure <- function(prepare, work, engine, cores) {
  best <- loosest(prepare, work)
  people <- nrow(work$people)
  solve <- prepare(seq_len(people))
  took_s <- replicate(REPEATS, {
    gc()
    system.time(solve(best$relative, best$absolute))[["elapsed"]]
  })
  cat(sprintf(
    paste0(
      '{"workload": "%s", "engine": "%s", "version": "%s", "people": %d, "cores": %d, "people_per_s": %.1f, ',
      '"slowest_s": %.3f, "fastest_s": %.3f, "relative": %g, "absolute": %g, "worst_error": %.2e}\n'
    ),
    work$name, engine, packageVersion(engine), people, cores, people / median(took_s),
    max(took_s), min(took_s), best$relative, best$absolute, best$worst
  ))
}
