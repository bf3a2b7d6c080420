"""Definitions of numbers that no sum of counters can give: each a name, a version, a formula in words.

It knows what such a number means; the code that makes it is named in `made_by`, so that whoever prints it can be held
to one text. A change of meaning is a new version.
"""

from __future__ import annotations

from collections.abc import Mapping

from .beyond_agents import OF_AGENTS
from .beyond_calls import OF_CALLS
from .definition import Definition

_REPEATS = "core.metrics.repeats"
_COVERAGE = "core.metrics.coverage"
_MOMENTS = "core.metrics.moments"
_PROMISES = "core.metrics.promises"
_ADHERENCE = "core.metrics.adherence"
_COMPARE = "reports.compare"
_STAFFING = "core.metrics.staffing"
_ALL = (
    Definition(
        name="contacts",
        formula="calls from outside with a number, whose window of N days is over",
        says="customers got in touch; calls that we made back are none of theirs",
        says_zh="客户来电（号码可见，且 N 天观察期已满）",
        made_by=_REPEATS,
    ),
    Definition(
        name="censored",
        formula="contacts whose window is not over yet",
        says="nobody can know yet whether they call again; in no rate, whether they did already or not",
        says_zh="观察期未满，不计入任何比率",
        made_by=_REPEATS,
    ),
    Definition(
        name="repeat_rate",
        formula="contacts that the same number followed by another within N days / contacts",
        says="who had to call again; exactly N days later still counts",
        says_zh="N 天内同号码再次来电 / 来电",
        made_by=_REPEATS,
    ),
    Definition(
        name="first_call_resolution",
        formula="first calls that nobody followed within N days / first calls",
        says="first calls are answered contacts that did not follow another one within N days",
        says_zh="首次解决率：N 天内未再来电的首次接通 / 首次接通",
        made_by=_REPEATS,
    ),
    Definition(
        name="recorded_share",
        formula="seconds of sound / seconds of talk, holds included, of the calls that should be recorded",
        says="sound is written only while two sides are bridged; what is longer than its talk counts as the talk",
        says_zh="录音秒数 / 应录通话秒数（含保持）",
        made_by=_COVERAGE,
    ),
    Definition(
        name="recording_states",
        formula="whole; short: more than 2 s of the talk are not there; missing: no file; empty; growing: not over",
        says="each call that should be recorded has one of them; the worst are listed by --drill",
        says_zh="完整、偏短（缺 2 秒以上）、缺失、空文件、进行中",
        made_by=_COVERAGE,
    ),
    Definition(
        name="waiting",
        formula="callers in line at a moment: entered, not gone, and no phone rings for them",
        says="as the live floor counts them; most and mean over every moment of the interval",
        says_zh="等候人数（不含正在振铃的），时段内最大与平均",
        made_by=_MOMENTS,
    ),
    Definition(
        name="longest_wait",
        formula="the most that anybody in line had waited since entering, at any moment of the interval",
        says="the number that the wallboard showed as the longest wait, at its worst",
        says_zh="时段内出现过的最长等候",
        made_by=_MOMENTS,
    ),
    Definition(
        name="agents_by_presence",
        formula="agents whose presence was this one, at a moment",
        says="most and mean over every moment of the interval; of ready agents also the fewest",
        says_zh="各状态座席人数，时段内最大与平均（空闲另有最少）",
        made_by=_MOMENTS,
    ),
    Definition(
        name="difference",
        formula="now - then; of shares in percentage points",
        says="the same report of two periods, line by line: the n-th interval beside the n-th",
        says_zh="本期 - 对比期（比率为百分点）",
        made_by=_COMPARE,
    ),
    Definition(
        name="change",
        formula="(now - then) / then",
        says="nothing where there was nothing before",
        says_zh="（本期 - 对比期）/ 对比期",
        made_by=_COMPARE,
    ),
    Definition(
        name="of",
        formula="how many calls, rings or contacts a share or a mean is made of",
        says="below 30 on either side a line is marked: chance alone makes such numbers jump",
        says_zh="比率或均值的基数；任一侧不足 30 则标记",
        made_by=_COMPARE,
    ),
    Definition(
        name="needed_erlang_c",
        formula="the fewest agents with whom Erlang C answers the target share within T",
        says="from the interval's calls and AHT (the period's where nobody was answered); nobody ever hangs up",
        says_zh="Erlang C：达到目标服务水平所需座席（假设无人放弃）",
        made_by=_STAFFING,
    ),
    Definition(
        name="needed_erlang_a",
        formula="the same by Erlang A, with callers who give up",
        says="patience is all waiting of the period / callers who gave up; below 20 of them it is a guess",
        says_zh="Erlang A：考虑客户放弃时所需座席",
        made_by=_STAFFING,
    ),
    Definition(
        name="agents_there",
        formula="time at work of all agents / the interval's length",
        says="logged in and not paused; with --queue, of those whose skills serve it today",
        says_zh="平均在岗座席（已登录且未暂停）",
        made_by=_STAFFING,
    ),
    Definition(
        name="theory_beside",
        formula="service level and abandonment by Erlang C and A with the agents who were there, rounded",
        says="as if all were alike and served nothing else; what was measured stands beside it",
        says_zh="按实际在岗人数的 Erlang 理论值，与实测对照",
        made_by=_STAFFING,
    ),
    Definition(
        name="simulated",
        formula="the same callers, offered by our own ACD to the agents as they were present, several times by chance",
        says="skills, rings and queues as they are today; by the time at which callers entered",
        says_zh="用同一 ACD 重放当时来电与在岗座席的模拟结果",
        made_by=_STAFFING,
    ),
    Definition(
        name="wait_kept",
        formula="announcements of a wait that were kept / kept or broken",
        says="kept: answered within what was said; broken: not answered when it was over; who left before is neither",
        says_zh="兑现率：在播报时间内接通 / 可判定的播报",
        made_by=_PROMISES,
    ),
    Definition(
        name="wait_error",
        formula="mean of |what came - the estimate behind the words|, of the answered",
        says="both from the moment of the announcement; words are rounded up, the estimate is not",
        says_zh="接通者的预计与实际等待之差的平均绝对值",
        made_by=_PROMISES,
    ),
    Definition(
        name="adherence",
        formula="time as planned / planned time",
        says="in a shift at work (logged in, not paused), in its breaks not; who never came keeps no break either",
        says_zh="遵守率：与计划一致的时长 / 计划时长",
        made_by=_ADHERENCE,
    ),
    Definition(
        name="conformance",
        formula="time at work, whenever it was / planned time of work",
        says="enough hours, if at other times; more than 100 % is overtime",
        says_zh="符合率：实际在岗时长 / 计划在岗时长",
        made_by=_ADHERENCE,
    ),
)
BEYOND: Mapping[str, Definition] = {definition.name: definition for definition in (*_ALL, *OF_CALLS, *OF_AGENTS)}
