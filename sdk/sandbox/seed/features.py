# Databricks notebook source
# MAGIC %run ./shared_settings

# COMMAND ----------

rows = spark.sql(f"SELECT country, COUNT(*) AS n FROM {CATALOG}.{SCHEMA}.customers GROUP BY country")
display(rows)

# COMMAND ----------

dbutils.notebook.exit(str(rows.count()))
