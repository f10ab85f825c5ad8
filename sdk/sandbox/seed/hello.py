# Databricks notebook source
# MAGIC %md
# MAGIC # Hello
# MAGIC Says hello to the name in the widget `name`, and ends with it.

# COMMAND ----------

# DBTITLE 1,Parameters
dbutils.widgets.text("name", "world")
name = dbutils.widgets.get("name")

# COMMAND ----------

print(f"Hello, {name}!")

# COMMAND ----------

dbutils.notebook.exit(f"Hello, {name}!")
