// Databricks notebook source
// MAGIC %md
// MAGIC # Order statistics

// COMMAND ----------

val orders = spark.table("samples.retail.orders")
orders.groupBy("status").count().show()
