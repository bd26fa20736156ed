# Golden tables of R's edgeR for tests/aging/test_edger.py.
#   Rscript tests/aging/edger_golden/make_edger_tables.R tests/aging/edger_golden
# Writes the counts too, so that the test reads exactly what edgeR saw.
library(edgeR)
out <- commandArgs(trailingOnly = TRUE)[1]
put <- function(x, name) write.table(signif(x, 15), file.path(out, name), sep = "\t", quote = FALSE, col.names = NA)

set.seed(20261122)
n <- 31
genes <- sprintf("G%03d", 1:400)
size <- exp(rnorm(n, 0, 0.6))
mu <- exp(runif(400, -2, 7))
counts <- sapply(1:n, function(s) rnbinom(400, mu = mu * size[s] * rgamma(400, 3, 3), size = 5))
counts[1:40, 1:12] <- counts[1:40, 1:12] * 6
counts[400, ] <- 0
# the sample with the median library reaches the cutoff exactly where it has 10 counts
middle <- order(colSums(counts))[(n + 1) / 2]
moved <- counts[395:399, middle] - 10
counts[395:399, middle] <- 10
counts[1, middle] <- counts[1, middle] + sum(moved)
counts[395:399, -middle] <- ifelse(counts[395:399, -middle] > 9, 9, counts[395:399, -middle])
dimnames(counts) <- list(genes, sprintf("s%02d", 1:n))
put(counts, "counts.tsv")

group <- rep(c("a", "b", "c"), c(3, 12, 16))
age <- c(rep(0, 15), rep(1, 16))
sex <- rep(0:1, length.out = n)
kept <- cbind(
  group = filterByExpr(counts, group = group),
  two_groups = filterByExpr(counts, group = age),
  design = filterByExpr(counts, design = model.matrix(~ age + sex)),
  no_intercept = filterByExpr(counts, design = model.matrix(~ 0 + group)),
  intercept_added = filterByExpr(counts, design = cbind(many = rep(1:0, c(28, 3)))),
  one_group = filterByExpr(counts, group = rep("a", n)),
  options = filterByExpr(counts, group = age, min.count = 4, min.total.count = 200, large.n = 5, min.prop = 0.5),
  effective = filterByExpr(counts, group = age, lib.size = colSums(counts) * calcNormFactors(counts))
)
put(kept + 0, "kept.tsv")
few <- counts
few[, 5:8] <- few[, 5:8] * (runif(400 * 4) < 0.1)
factors <- cbind(
  tmm = calcNormFactors(counts),
  reference_3 = calcNormFactors(counts, refColumn = 3),
  trims = calcNormFactors(counts, logratioTrim = 0.1, sumTrim = 0.2),
  sizes = calcNormFactors(counts, lib.size = 1e4 * (1:n))
)
put(factors, "factors.tsv")
put(few, "few.tsv")
put(cbind(tmm = suppressWarnings(calcNormFactors(few))), "few_factors.tsv")
writeLines(c(R.version.string, paste("edgeR", packageVersion("edgeR"))), file.path(out, "versions.txt"))
