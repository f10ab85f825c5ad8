# Databricks notebook source
CATALOG = "main"
SCHEMA = "sales"
