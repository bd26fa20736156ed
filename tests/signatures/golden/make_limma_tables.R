# Golden tables of R's limma for tests/signatures/test_moderated_t.py.
#   Rscript tests/signatures/golden/make_limma_tables.R tests/signatures/golden
# Writes the inputs too, so that the test reads exactly what limma saw.
library(limma)
out <- commandArgs(trailingOnly = TRUE)[1]
put <- function(x, name) write.table(signif(x, 15), file.path(out, name), sep = "\t", quote = FALSE, col.names = NA)

set.seed(20261121)
genes <- sprintf("G%03d", 1:300)
treated <- c(1, 1, 1, 0, 0, 0, 0, 0)
plate <- factor(c("a", "b", "b", "a", "a", "b", "b", "b"))
sd <- sqrt(0.04 * 6 / rchisq(300, 6))
logged <- t(sapply(sd, function(s) rnorm(8, 0, s))) + runif(300, 4, 12)
logged[1:30, 1:3] <- logged[1:30, 1:3] + 0.8
logged[, plate == "b"] <- logged[, plate == "b"] + rnorm(300, 0, 0.3)
dimnames(logged) <- list(genes, paste0("s", 1:8))
put(logged, "profiles.tsv")

table_of <- function(fit) {
  top <- topTable(eBayes(fit), coef = 2, number = Inf, sort.by = "none")
  top[, c("logFC", "AveExpr", "t", "P.Value", "adj.P.Val")]
}
put(table_of(lmFit(logged, model.matrix(~treated))), "two_groups.tsv")
put(table_of(lmFit(logged, model.matrix(~ treated + plate))), "with_plate.tsv")

# equal variances: the prior degrees of freedom are infinite
equal <- matrix(rnorm(300 * 8, 0, 0.2), 300, dimnames = dimnames(logged))
equal <- equal - rowMeans(equal)
for (g in 1:300) {
  residual <- residuals(lm(equal[g, ] ~ treated))
  equal[g, ] <- equal[g, ] - residual + residual / sqrt(sum(residual^2) / 6) * (1 + 0.02 * sin(g)) * 0.2
}
put(equal, "equal_profiles.tsv")
put(table_of(lmFit(equal, model.matrix(~treated))), "equal_variances.tsv")

mu <- exp(runif(300, 1, 8))
counts <- t(sapply(mu, function(m) rnbinom(8, mu = m * runif(1, .8, 1.2), size = 8)))
counts[1:30, 1:3] <- counts[1:30, 1:3] * 3
counts[300, ] <- 0
dimnames(counts) <- dimnames(logged)
put(counts, "counts.tsv")
v <- voom(counts, model.matrix(~ treated + plate))
put(v$weights, "voom_weights.tsv")
put(table_of(lmFit(v, model.matrix(~ treated + plate))), "voom.tsv")
writeLines(c(R.version.string, paste("limma", packageVersion("limma"))), file.path(out, "versions.txt"))
