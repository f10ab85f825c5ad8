// Databricks notebook source
// MAGIC %md
// MAGIC # Order statistics

// COMMAND ----------

val orders = spark.table("main.sales.orders")
orders.groupBy("status").count().show()
