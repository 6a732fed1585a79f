"""Assets of which each is killed, or fails, until it runs in batches, or for ever; and jobs of them."""

import os
import signal

import dagster as dg

from escalation_sensors.level1.current_tuning import current_tuning


def die_unless_in_batches(least: int = 4) -> None:
    if current_tuning().batches < least:
        os.kill(os.getpid(), signal.SIGKILL)


@dg.asset
def upstream() -> int:
    return 1


@dg.asset
def hungry(upstream: int) -> None:
    die_unless_in_batches()


@dg.asset_check(asset=hungry)
def is_whole() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset
def checked_badly() -> None:
    die_unless_in_batches()


@dg.asset_check(asset=checked_badly)
def is_never_whole() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False)


@dg.asset
def blocked() -> None:
    if current_tuning().batches < 4:
        raise MemoryError("the whole does not fit")


@dg.asset_check(asset=blocked, blocking=True)
def is_never_good() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False)


@dg.asset
def insatiable() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dg.asset(tags={"escalation/side_effects": "true"})
def payment() -> None:
    die_unless_in_batches()


@dg.asset
def defective() -> None:
    raise TypeError("unsupported operand type(s) for +: 'int' and 'str'")


@dg.op
def hungry_op() -> None:
    die_unless_in_batches()


@dg.job
def op_job() -> None:
    hungry_op()


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(list("abcd")))
def by_partition() -> None:
    die_unless_in_batches()


def definitions() -> dg.Definitions:
    jobs = {
        "hungry_job": ["upstream", "hungry"],
        "badly_job": ["checked_badly"],
        "blocked_job": ["blocked"],
        "insatiable_job": ["insatiable"],
        "payment_job": ["payment"],
        "defective_job": ["defective"],
        "partition_job": ["by_partition"],
    }
    return dg.Definitions(
        assets=[upstream, hungry, checked_badly, blocked, insatiable, payment, defective, by_partition],
        asset_checks=[is_whole, is_never_whole, is_never_good],
        jobs=[op_job, *(dg.define_asset_job(name, assets) for name, assets in jobs.items())],
        executor=dg.in_process_executor,
    )
