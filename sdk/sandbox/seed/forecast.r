# Databricks notebook source
library(SparkR)
orders <- sql("SELECT order_ts, amount FROM main.sales.orders")

# COMMAND ----------

model <- lm(amount ~ as.numeric(order_ts), data = collect(orders))
summary(model)
