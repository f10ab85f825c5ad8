-- Databricks notebook source
-- MAGIC %md
-- MAGIC ## 02 Transform
-- MAGIC The customers with the highest revenue, as a table.

-- COMMAND ----------

CREATE OR REPLACE TABLE main.default.top_customers AS
SELECT customer_id, COUNT(*) AS orders, ROUND(SUM(amount), 2) AS revenue
FROM main.sales.orders
GROUP BY customer_id
ORDER BY revenue DESC
LIMIT 20

-- COMMAND ----------

SELECT COUNT(*) AS customers, ROUND(SUM(revenue), 2) AS revenue FROM main.default.top_customers
