# Databricks notebook source
# MAGIC %md
# MAGIC Works for `seconds`, a step each second: for trying progress and cancellation.

# COMMAND ----------

import time

dbutils.widgets.text("seconds", "600")
seconds = int(dbutils.widgets.get("seconds"))
for step in range(seconds):
    print(f"step {step + 1} of {seconds}")
    time.sleep(1)

# COMMAND ----------

dbutils.notebook.exit(f"done after {seconds} s")
