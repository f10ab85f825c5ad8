-- Databricks notebook source
-- MAGIC %md
-- MAGIC # Daily report
-- MAGIC Orders and revenue of each country.

-- COMMAND ----------

USE CATALOG main

-- COMMAND ----------

-- DBTITLE 1,Revenue by country
SELECT c.country, COUNT(*) AS orders, ROUND(SUM(o.amount), 2) AS revenue
FROM sales.orders o
JOIN sales.customers c ON c.customer_id = o.customer_id
GROUP BY c.country
ORDER BY revenue DESC

-- COMMAND ----------

-- MAGIC %python
-- MAGIC rows = spark.sql("SELECT COUNT(*) AS n FROM main.sales.orders").collect()
-- MAGIC print("orders:", rows[0]["n"])
