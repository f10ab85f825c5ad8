# Databricks notebook source
# MAGIC %run ./shared_settings

# COMMAND ----------

rows = spark.sql(f"SELECT segment, COUNT(*) AS n FROM {CATALOG}.{SCHEMA}.customers GROUP BY segment")
display(rows)

# COMMAND ----------

dbutils.notebook.exit(str(rows.count()))
