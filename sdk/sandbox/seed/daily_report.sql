-- Databricks notebook source
-- MAGIC %md
-- MAGIC # Daily report
-- MAGIC Orders and revenue of each customer segment.

-- COMMAND ----------

USE CATALOG samples

-- COMMAND ----------

-- DBTITLE 1,Revenue by segment
SELECT c.segment, COUNT(*) AS orders, ROUND(SUM(o.total), 2) AS revenue
FROM retail.orders o
JOIN retail.customers c ON c.customer_id = o.customer_id
GROUP BY c.segment
ORDER BY revenue DESC

-- COMMAND ----------

-- MAGIC %python
-- MAGIC rows = spark.sql("SELECT COUNT(*) AS n FROM samples.retail.orders").collect()
-- MAGIC print("orders:", rows[0]["n"])
