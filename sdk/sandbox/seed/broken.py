# Databricks notebook source
orders, customers = 120, 0

# COMMAND ----------

print("orders per customer")
average = orders / customers

# COMMAND ----------

print("never reached", average)
