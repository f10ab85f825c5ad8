# Databricks notebook source
# MAGIC %md
# MAGIC ## 01 Ingest
# MAGIC Counts what arrived in the landing volume and hands the number on to the next task.

# COMMAND ----------

dbutils.widgets.text("source", "/Volumes/main/default/landing")
source = dbutils.widgets.get("source")
files = dbutils.fs.ls(source)
for entry in files:
    print(entry.path, entry.size)

# COMMAND ----------

dbutils.jobs.taskValues.set(key="files", value=len(files))
dbutils.notebook.exit(str(len(files)))
