# SPDX-License-Identifier: Apache-2.0
"""Jobs, runs and commands."""
import datetime

from databricks.sdk.errors import NotFound, OperationFailed, ResourceDoesNotExist
from databricks.sdk.service import compute, jobs

from checks import check, client, equal, refused

HOME = "/Users/ann@example.com/"
PYTHON = compute.Language.PYTHON
WAIT = datetime.timedelta(minutes=2)


def notebook(key, path, **more):
    return jobs.SubmitTask(key, notebook_task=jobs.NotebookTask(path), **more)


@check
def jobs_in_pages():
    names = [j.settings.name for j in client.jobs.list(limit=7)]
    equal(len(names), len(set(names)))
    assert len(names) > 20
    equal([j.job_id for j in client.jobs.list(name="NIGHTLY-ETL")], [482911])
    equal(len(client.jobs.get(482918).settings.tasks), 120)
    refused(ResourceDoesNotExist, client.jobs.get, 1)


@check
def life_of_a_job():
    job = client.jobs.create(name="sdk", tasks=[
        jobs.Task("t", notebook_task=jobs.NotebookTask(HOME + "hello"))])
    client.jobs.update(job.job_id, new_settings=jobs.JobSettings(name="renamed"))
    equal(client.jobs.get(job.job_id).settings.name, "renamed")
    client.jobs.reset(job.job_id, jobs.JobSettings(name="empty"))
    equal(client.jobs.get(job.job_id).settings.tasks or [], [])
    client.jobs.delete(job.job_id)
    refused(ResourceDoesNotExist, client.jobs.get, job.job_id)


@check
def history():
    runs = list(client.jobs.list_runs(job_id=482912, limit=24))
    equal(len(runs), 60)
    failed = next(r for r in client.jobs.list_runs(job_id=482911)
                  if r.state.result_state == jobs.RunResultState.FAILED)
    task = client.jobs.get_run(failed.run_id).tasks[1]
    output = client.jobs.get_run_output(task.run_id)
    assert "TABLE_OR_VIEW_NOT_FOUND" in output.error and "Traceback" in output.error_trace


@check
def run_now():
    run = client.jobs.run_now(482915, job_parameters={"name": "SDK"}).result(timeout=WAIT)
    equal(run.state.result_state, jobs.RunResultState.SUCCESS)
    output = client.jobs.get_run_output(run.tasks[0].run_id)
    equal(output.notebook_output.result, "Hello, SDK!")


@check
def run_with_several_tasks():
    run = client.jobs.run_now_and_wait(482911, timeout=WAIT)
    equal([t.state.result_state for t in run.tasks], [jobs.RunResultState.SUCCESS] * 3)


@check
def submit_twice_with_one_token():
    first = client.jobs.submit(run_name="a", tasks=[notebook("t", HOME + "hello")],
                               idempotency_token="sdk-token")
    again = client.jobs.submit(run_name="b", tasks=[notebook("t", HOME + "hello")],
                               idempotency_token="sdk-token")
    equal(first.run_id, again.run_id)
    equal(first.result(timeout=WAIT).run_name, "a")


@check
def a_run_that_fails():
    waiter = client.jobs.run_now(482913)
    refused(OperationFailed, waiter.result, timeout=WAIT)
    run = client.jobs.get_run(waiter.run_id)
    equal(run.status.termination_details.code, jobs.TerminationCodeCode.RUN_EXECUTION_ERROR)
    equal(client.jobs.get_run_output(run.tasks[0].run_id).error,
          "ZeroDivisionError: division by zero")
    assert "ZeroDivisionError" in client.jobs.export_run(run.tasks[0].run_id).views[0].content
    refused(OperationFailed, client.jobs.repair_run_and_wait, waiter.run_id,
            rerun_all_failed_tasks=True, timeout=WAIT)
    equal(len(client.jobs.get_run(waiter.run_id).tasks), 2)


@check
def cancel_a_run():
    waiter = client.jobs.submit(run_name="long", tasks=[notebook("t", HOME + "long_running")])
    run = client.jobs.cancel_run_and_wait(waiter.run_id, timeout=WAIT)
    equal(run.state.result_state, jobs.RunResultState.CANCELED)
    client.jobs.cancel_all_runs(job_id=482914)
    equal(list(client.jobs.list_runs(job_id=482914, active_only=True)), [])
    client.jobs.delete_run(waiter.run_id)
    refused(ResourceDoesNotExist, client.jobs.get_run, waiter.run_id)


@check
def commands():
    context = client.command_execution.create_and_wait(cluster_id="sandbox-running",
                                                       language=PYTHON, timeout=WAIT)

    def run(code):
        return client.command_execution.execute_and_wait(
            cluster_id="sandbox-running", context_id=context.id, language=PYTHON, command=code,
            timeout=WAIT).results

    run("x = 40")
    equal(run("x + 2").data, "42")
    table = run("display(spark.sql('SELECT 1 AS n'))")
    equal((table.result_type, table.data), (compute.ResultType.TABLE, [[1]]))
    error = run("1 / 0")
    equal(error.result_type, compute.ResultType.ERROR)
    assert "ZeroDivisionError" in error.summary and "Traceback" in error.cause
    client.command_execution.destroy("sandbox-running", context.id)
    refused(NotFound, client.command_execution.context_status, "sandbox-running", context.id)


@check
def cancel_a_command():
    context = client.command_execution.create_and_wait(cluster_id="sandbox-running",
                                                       language=PYTHON, timeout=WAIT)
    command = client.command_execution.execute(
        cluster_id="sandbox-running", context_id=context.id, language=PYTHON,
        command="import time; time.sleep(600)")
    ended = client.command_execution.cancel_and_wait(
        cluster_id="sandbox-running", context_id=context.id, command_id=command.command_id,
        timeout=WAIT)
    equal(ended.status, compute.CommandStatus.CANCELLED)
    client.command_execution.destroy("sandbox-running", context.id)
