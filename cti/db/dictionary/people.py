"""Words for the rows that are the truth themselves: agents, skills, customers, tokens."""

from __future__ import annotations

from .everywhere import NUMBER
from .said import Said, TableSaid, Unit

_BY_HAND = "cti agent, cti customer, cti token"
_NUMBER = Said(Unit.ID, "the agent's number", "坐席工号")
_NAME = Said(Unit.TEXT, "the agent's name", "坐席姓名")
_LANGUAGE = Said(Unit.WORD, "language of the agent's prompts; \"\" = the site's first", "坐席提示音语言;空 = 站点首选")

PEOPLE = {
    "agents": TableSaid(
        en="One person who takes calls, with what their phone and mailbox need: not for reporting jobs",
        zh="一位坐席及其话机、信箱所需信息:不供报表作业读取",
        source=_BY_HAND,
        for_jobs=False,
        columns={
            "number": _NUMBER,
            "name": _NAME,
            "phone": Said(Unit.ID, "what rings, such as PJSIP/1001", "振铃的话机,如 PJSIP/1001"),
            "phone_secret": Said(Unit.TEXT, 'password of the phone; "" = none', "话机密码;空 = 无"),
            "phone_contact": Said(
                Unit.TEXT, 'fixed SIP contact; "" = the phone registers', "固定 SIP 地址;空 = 话机自行注册"
            ),
            "language": _LANGUAGE,
            "wrap_up_seconds": Said(Unit.SECONDS, "own wrap-up time; NULL = the queue's", "个人整理时长;NULL = 按队列"),
            "voicemail_pin": Said(Unit.TEXT, 'PIN of the mailbox; "" = no mailbox', "信箱密码;空 = 无信箱"),
            "voicemail_email": Said(Unit.TEXT, 'where messages are mailed; "" = nowhere', "留言发往的邮箱;空 = 不发送"),
        },
    ),
    "agent_names": TableSaid(
        en="Who an agent's number is, without the secrets of phone and mailbox",
        zh="坐席工号与姓名,不含话机与信箱密码",
        source="view of agents",
        for_jobs=True,
        columns={"agent": _NUMBER, "name": _NAME, "language": _LANGUAGE},
    ),
    "agent_skills": TableSaid(
        en="How well an agent can do something today; no row = not at all",
        zh="坐席当前的技能等级;无行 = 不具备",
        source=_BY_HAND,
        for_jobs=True,
        columns={
            "agent": _NUMBER,
            "skill": Said(Unit.WORD, "what it takes", "技能"),
            "level": Said(Unit.LEVEL, "how well", "等级"),
        },
    ),
    "plans": TableSaid(
        en="When an agent should be at work, or on a break within it",
        zh="坐席的排班:应在岗时段,或其中的休息时段",
        source="cti plan",
        for_jobs=True,
        columns={
            "agent": _NUMBER,
            "started": Said(Unit.INSTANT, "since when", "开始时刻"),
            "ended": Said(Unit.INSTANT, "until when", "结束时刻"),
            "reason": Said(Unit.TEXT, 'why the break; "" = at work', "休息原因;空 = 应在岗"),
        },
    ),
    "customers": TableSaid(
        en="Somebody who calls us, as we know them today",
        zh="来电客户的当前资料",
        source=_BY_HAND,
        for_jobs=True,
        columns={
            "id": Said(Unit.ID, "the customer, as in conversations.customer", "客户编号,同 conversations.customer"),
            "name": Said(Unit.TEXT, "the customer's name", "客户姓名"),
            "number": NUMBER,
            "note": Said(Unit.TEXT, "what agents see when the customer calls", "来电时显示给坐席的备注"),
            "priority": Said(Unit.COUNT, "each point counts as a minute of waiting", "优先级,每级相当于多等一分钟"),
            "language": Said(Unit.WORD, 'language of the prompts; "" = as the call has it', "提示音语言;空 = 随来电"),
            "prefer": Said(Unit.ID, 'number of the preferred agent; "" = none', "首选坐席工号;空 = 无"),
            "need": Said(Unit.TEXT, "skills that their calls need besides the queue's", "除队列要求外另需的技能"),
        },
    ),
    "tokens": TableSaid(
        en="One access token of the pages and the API: not for reporting jobs",
        zh="页面与接口的访问令牌:不供报表作业读取",
        source=_BY_HAND,
        for_jobs=False,
        columns={
            "hash": Said(Unit.ID, "SHA-256 of the token, which itself is not kept", "令牌的 SHA-256,令牌本身不保存"),
            "id": Said(Unit.ID, "names it without telling it", "用于指称令牌"),
            "role": Said(Unit.WORD, "whose", "角色", values=("agent", "supervisor")),
            "subject": Said(Unit.ID, "the agent's number or the supervisor's name", "坐席工号或主管姓名"),
            "created": Said(Unit.INSTANT, "when it was made", "创建时刻"),
            "expires": Said(Unit.INSTANT, "until when it is good; NULL = for ever", "失效时刻;NULL = 长期有效"),
            "revoked": Said(Unit.INSTANT, "when it was taken back; NULL = it was not", "撤销时刻;NULL = 未撤销"),
        },
    ),
}
