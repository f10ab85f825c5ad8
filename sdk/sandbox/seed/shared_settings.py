# Databricks notebook source
CATALOG = "samples"
SCHEMA = "retail"
