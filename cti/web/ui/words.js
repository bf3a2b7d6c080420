// Every word that the page says, in both languages. It knows no state but the language chosen.

const WORDS = {
  en: {
    skip: "Skip to the floor", leave: "Sign out", welcome: "Welcome", token: "Token", enter: "Sign in",
    login_hint: "Sign in with the token that your administrator gave you.",
    queues: "Queues", agents: "Agents", calls: "Calls in progress", pops: "Screen pops", me: "My presence",
    figures: "The floor now", no_queues: "No queue is defined yet.", no_agents: "No agent is defined yet.",
    no_calls: "Nobody is calling right now.",
    live: "Live", connecting: "Connecting…", retry: "Reconnecting…", off: "Signed out",
    waiting: "Waiting", longest: "Longest wait", ready_agents: "Ready", talking_agents: "Talking", in_progress: "Calls",
    ready_of: "ready", nobody_ready: "nobody ready", wait: "longest wait", n_waiting: "waiting",
    today: "Today", answered: "answered", abandoned: "abandoned",
    unknown: "Unknown caller", withheld: "Number withheld", queue: "Queue", waited: "Waited", language: "Language",
    path: "Came by", caller_name: "Sent name", digits: "Entered", agent: "Agent", state: "State", caller: "Caller",
    incoming: "Incoming call", on_call: "On the call", for_agent: "for", supervisor: "Supervisor",
    login: "Log in", logout: "Log out", pause: "Pause", unpause: "Take calls", "wrap-up-end": "End wrap-up",
    "reason.break": "Break", "reason.lunch": "Lunch", "reason.meeting": "Meeting", "reason.missed": "missed calls",
    "presence.offline": "Offline", "presence.ready": "Ready", "presence.ringing": "Ringing",
    "presence.talking": "Talking", "presence.wrap_up": "Wrap-up", "presence.paused": "Paused",
    "call.menu": "In the menu", "call.waiting": "Waiting", "call.queued": "Waiting", "call.ringing": "Ringing",
    "call.offered": "Ringing", "call.talking": "Talking", "call.connected": "Talking", "call.held": "On hold",
    "call.voicemail": "Voicemail", "call.entered": "Arriving",
    "close.4401": "This token is not accepted.", "close.4429": "Too many attempts. Wait a minute and try again.",
    "close.4400": "This token is not accepted.", failed: "That did not work",
  },
  zh: {
    skip: "跳到现场", leave: "退出", welcome: "欢迎", token: "令牌", enter: "登录",
    login_hint: "请使用管理员提供的令牌登录。",
    queues: "队列", agents: "坐席", calls: "进行中的通话", pops: "来电弹屏", me: "我的状态",
    figures: "实时概况", no_queues: "尚未定义队列。", no_agents: "尚未定义坐席。", no_calls: "当前没有来电。",
    live: "实时", connecting: "连接中…", retry: "正在重新连接…", off: "未登录",
    waiting: "排队", longest: "最长等待", ready_agents: "空闲", talking_agents: "通话", in_progress: "来电",
    ready_of: "名坐席空闲", nobody_ready: "无空闲坐席", wait: "最长等待", n_waiting: "人排队",
    today: "今日", answered: "接通", abandoned: "放弃",
    unknown: "未知来电", withheld: "号码隐藏", queue: "队列", waited: "已等待", language: "语言",
    path: "来路", caller_name: "来电名称", digits: "输入", agent: "坐席", state: "状态", caller: "来电",
    incoming: "来电", on_call: "通话中", for_agent: "转给", supervisor: "主管",
    login: "签入", logout: "签出", pause: "示忙", unpause: "示闲", "wrap-up-end": "结束整理",
    "reason.break": "休息", "reason.lunch": "午餐", "reason.meeting": "会议", "reason.missed": "漏接",
    "presence.offline": "离线", "presence.ready": "空闲", "presence.ringing": "振铃",
    "presence.talking": "通话", "presence.wrap_up": "整理", "presence.paused": "示忙",
    "call.menu": "菜单中", "call.waiting": "排队中", "call.queued": "排队中", "call.ringing": "振铃",
    "call.offered": "振铃", "call.talking": "通话", "call.connected": "通话", "call.held": "保持",
    "call.voicemail": "留言", "call.entered": "呼入",
    "close.4401": "令牌无效。", "close.4429": "尝试次数过多，请一分钟后再试。", "close.4400": "令牌无效。",
    failed: "操作未成功",
  },
};

let chosen = localStorage.getItem("cti.language") ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
if (!(chosen in WORDS)) chosen = "en";

export const language = () => chosen;

export function choose(next) {
  chosen = next;
  localStorage.setItem("cti.language", next);
}

/** The text of `key`, or `otherwise` (the key itself when there is none). */
export function t(key, otherwise = key) {
  return Object.hasOwn(WORDS[chosen], key) ? WORDS[chosen][key] : otherwise;
}

/** `zh` as 中文 or Chinese; whatever is not a language tag stays as it is. */
export function languageName(tag) {
  try {
    return new Intl.DisplayNames([chosen], { type: "language" }).of(tag);
  } catch {
    return tag;
  }
}

/** Seconds as 4:05 or 1:02:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pair = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${pair(m)}:${pair(s)}` : `${m}:${pair(s)}`;
}
