# Databricks notebook source
library(SparkR)
orders <- sql("SELECT order_date, total FROM samples.retail.orders")

# COMMAND ----------

model <- lm(total ~ as.numeric(order_date), data = collect(orders))
summary(model)
