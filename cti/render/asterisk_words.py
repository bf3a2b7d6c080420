"""Which module of Asterisk brings which application and function of the dialplan.

It knows names, taken from the documentation in Asterisk's source (branch 22: `<application name=…>` and
`<function name=…>` of every module; `core` is always there); it refuses to know what they do. A name that is in no
module's documentation is unknown here: a pbx test compares this list with what a real Asterisk offers.
"""

from __future__ import annotations

_APPLICATIONS = """
core: Answer BackGround Bridge Busy CallCompletionCancel CallCompletionRequest Congestion ExecIfTime Goto GotoIf
  GotoIfTime Hangup Incomplete MSet MessageSend NoOp Proceeding Progress RaiseException Ringing SayAlpha
  SayAlphaCase SayDigits SayMoney SayNumber SayOrdinal SayPhonetic Set Wait WaitDigit WaitExten
app_adsiprog: ADSIProg
app_agent_pool: AgentLogin AgentRequest
app_alarmreceiver: AlarmReceiver
app_amd: AMD
app_attended_transfer: AttendedTransfer
app_audiosocket: AudioSocket
app_authenticate: Authenticate
app_blind_transfer: BlindTransfer
app_bridgeaddchan: BridgeAdd
app_bridgewait: BridgeWait
app_broadcast: Broadcast
app_cdr: ResetCDR
app_celgenuserevent: CELGenUserEvent
app_chanisavail: ChanIsAvail
app_channelredirect: ChannelRedirect
app_chanspy: ChanSpy DAHDIScan ExtenSpy
app_confbridge: ConfBridge ConfKick
app_controlplayback: ControlPlayback
app_db: DBdeltree
app_dial: Dial RetryDial
app_dictate: Dictate
app_directed_pickup: Pickup PickupChan
app_directory: Directory
app_disa: DISA
app_dtmfstore: StoreDTMF
app_dumpchan: DumpChan
app_echo: Echo
app_exec: Exec ExecIf TryExec
app_externalivr: ExternalIVR
app_festival: Festival
app_flash: Flash
app_followme: FollowMe
app_forkcdr: ForkCDR
app_getcpeid: GetCPEID
app_if: Else ElseIf EndIf ExitIf If
app_ivrdemo: IVRDemo
app_jack: JACK
app_meetme: MeetMe MeetMeAdmin MeetMeChannelAdmin MeetMeCount
app_mf: ReceiveMF SendMF
app_milliwatt: Milliwatt
app_minivm: MinivmAccMess MinivmDelete MinivmGreet MinivmMWI MinivmNotify MinivmRecord
app_mixmonitor: MixMonitor StopMixMonitor
app_morsecode: Morsecode
app_mp3: MP3Player
app_originate: Originate
app_page: Page
app_playback: Playback
app_playtones: PlayTones StopPlayTones
app_privacy: PrivacyManager
app_queue: AddQueueMember PauseQueueMember Queue QueueLog QueueUpdate RemoveQueueMember UnpauseQueueMember
app_read: Read
app_readexten: ReadExten
app_record: Record
app_reload: Reload
app_saycounted: SayCountedAdj SayCountedNoun
app_sayunixtime: DateTime SayUnixTime
app_senddtmf: SendDTMF
app_sendtext: ReceiveText SendText
app_sf: ReceiveSF SendSF
app_signal: Signal WaitForSignal
app_skel: SkelGuessNumber
app_sla: SLAStation SLATrunk
app_sms: SMS
app_softhangup: SoftHangup
app_speech_utils: SpeechActivateGrammar SpeechBackground SpeechCreate SpeechDeactivateGrammar SpeechDestroy
  SpeechLoadGrammar SpeechProcessingSound SpeechStart SpeechUnloadGrammar
app_stack: Gosub GosubIf Return StackPop
app_stasis: Stasis
app_stasis_broadcast: StasisBroadcast
app_statsd: StatsD
app_stream_echo: StreamEcho
app_system: System TrySystem
app_talkdetect: BackgroundDetect
app_test: TestClient TestServer
app_transfer: Transfer
app_userevent: UserEvent
app_verbose: Log Verbose
app_voicemail: VMAuthenticate VMSayName VoiceMail VoiceMailMain VoiceMailPlayMsg
app_waitforcond: WaitForCondition
app_waitforring: WaitForRing
app_waitforsilence: WaitForNoise WaitForSilence
app_waituntil: WaitUntil
app_while: ContinueWhile EndWhile ExitWhile While
app_zapateller: Zapateller
chan_dahdi: DAHDIAcceptR2Call DAHDISendCallreroutingFacility DAHDISendKeypadFacility
chan_iax2: IAX2Provision
chan_pjsip: PJSIPHangup PJSIPNotify
func_hangupcause: HangupCauseClear
func_odbc: ODBCFinish
func_strings: ClearHash
pbx_ael: AELSub
res_agi: AGI DeadAGI EAGI
res_fax: ReceiveFAX SendFAX
res_musiconhold: MusicOnHold StartMusicOnHold StopMusicOnHold
res_odbc_transaction: ODBC_Commit ODBC_Rollback
res_parking: Park ParkAndAnnounce ParkedCall
res_tonedetect: ToneScan WaitForTone
res_xmpp: JabberJoin JabberLeave JabberSend JabberSendGroup
"""
_FUNCTIONS = """
core: AMI_CLIENT EXCEPTION FEATURE FEATUREMAP LOG_GROUP MESSAGE MESSAGE_DATA TESTTIME
app_agent_pool: AGENT
app_confbridge: CONFBRIDGE CONFBRIDGE_CHANNELS CONFBRIDGE_INFO
app_meetme: MEETME_INFO
app_minivm: MINIVMACCOUNT MINIVMCOUNTER
app_mixmonitor: MIXMONITOR
app_queue: QUEUE_EXISTS QUEUE_GET_CHANNEL QUEUE_MEMBER QUEUE_MEMBER_COUNT QUEUE_MEMBER_LIST QUEUE_MEMBER_PENALTY
  QUEUE_VARIABLES QUEUE_WAITING_COUNT
app_record: RECORDING_INFO
app_speech_utils: SPEECH SPEECH_ENGINE SPEECH_GRAMMAR SPEECH_RESULTS_TYPE SPEECH_SCORE SPEECH_TEXT
app_stack: LOCAL LOCAL_PEEK STACK_PEEK
app_voicemail: VM_INFO
chan_dahdi: DAHDI_CHANNEL POLARITY
chan_iax2: IAXPEER IAXVAR
chan_pjsip: PJSIP_DIAL_CONTACTS PJSIP_DTMF_MODE PJSIP_MEDIA_OFFER PJSIP_MOH_PASSTHROUGH PJSIP_PARSE_URI
  PJSIP_PARSE_URI_FROM PJSIP_SEND_SESSION_REFRESH PJSIP_TRANSFER_HANDLING
func_aes: AES_DECRYPT AES_ENCRYPT
func_base64: BASE64_DECODE BASE64_ENCODE
func_blacklist: BLACKLIST
func_callcompletion: CALLCOMPLETION
func_callerid: CALLERID CONNECTEDLINE REDIRECTING
func_cdr: CDR CDR_PROP
func_channel: CHANNEL CHANNELS CHANNEL_EXISTS MASTER_CHANNEL
func_config: AST_CONFIG
func_curl: CURL CURLOPT
func_cut: CUT SORT
func_db: DB DB_DELETE DB_EXISTS DB_KEYCOUNT DB_KEYS
func_devstate: DEVICE_STATE HINT
func_dialgroup: DIALGROUP
func_dialplan: DIALPLAN_EXISTS VALID_EXTEN
func_enum: ENUMLOOKUP ENUMQUERY ENUMRESULT TXTCIDNAME
func_env: BASENAME DIRNAME ENV FILE FILE_COUNT_LINE FILE_FORMAT STAT
func_evalexten: EVAL_EXTEN EVAL_SUB
func_export: EXPORT
func_extstate: EXTENSION_STATE
func_frame_drop: FRAME_DROP
func_frame_trace: FRAME_TRACE
func_global: GLOBAL GLOBAL_DELETE GLOBAL_EXISTS SHARED
func_groupcount: GROUP GROUP_COUNT GROUP_LIST GROUP_MATCH_COUNT
func_hangupcause: HANGUPCAUSE HANGUPCAUSE_KEYS
func_holdintercept: HOLD_INTERCEPT
func_iconv: ICONV
func_jitterbuffer: JITTERBUFFER
func_json: JSON_DECODE
func_lock: LOCK TRYLOCK UNLOCK
func_logic: DELETE EXISTS IF IFTIME IMPORT ISNULL SET VARIABLE_EXISTS
func_math: ABS DEC DIGIT_SUM INC MATH MAX MIN
func_md5: MD5
func_module: IFMODULE
func_odbc: ODBC_FETCH SQL_ESC SQL_ESC_BACKSLASHES
func_periodic_hook: PERIODIC_HOOK
func_pitchshift: PITCH_SHIFT
func_pjsip_aor: PJSIP_AOR
func_pjsip_contact: PJSIP_CONTACT
func_pjsip_endpoint: PJSIP_ENDPOINT
func_presencestate: PRESENCE_STATE
func_rand: RAND
func_realtime: REALTIME REALTIME_DESTROY REALTIME_FIELD REALTIME_HASH REALTIME_STORE
func_sayfiles: SAYFILES
func_scramble: SCRAMBLE
func_sha1: SHA1
func_shell: SHELL
func_sorcery: AST_SORCERY
func_speex: AGC DENOISE
func_sprintf: SPRINTF
func_srv: SRVQUERY SRVRESULT
func_strings: ARRAY CSV_QUOTE EVAL FIELDNUM FIELDQTY FILTER HASH HASHKEYS KEYPADHASH LEN LISTFILTER LTRIM PASSTHRU
  POP PUSH QUOTE REGEX REPLACE RTRIM SHIFT STRBETWEEN STRFTIME STRPTIME STRREPLACE TOLOWER TOUPPER TRIM UNSHIFT
func_sysinfo: SYSINFO
func_talkdetect: TALK_DETECT
func_timeout: TIMEOUT
func_uri: URIDECODE URIENCODE
func_uuid: UUID
func_version: VERSION
func_vmcount: VMCOUNT
func_volume: VOLUME
pbx_dundi: DUNDILOOKUP DUNDIQUERY DUNDIRESULT
res_calendar: CALENDAR_BUSY CALENDAR_EVENT CALENDAR_QUERY CALENDAR_QUERY_RESULT CALENDAR_WRITE
res_fax: FAXOPT
res_geolocation: GEOLOC_PROFILE
res_mutestream: MUTEAUDIO
res_odbc_transaction: ODBC
res_parking: PARK_GET_CHANNEL
res_phoneprov: PP_EACH_EXTENSION PP_EACH_USER
res_pjsip_header_funcs: PJSIP_HEADER PJSIP_HEADERS PJSIP_HEADER_PARAM PJSIP_INHERITABLE_HEADER PJSIP_RESPONSE_HEADER
  PJSIP_RESPONSE_HEADERS
res_smdi: SMDI_MSG SMDI_MSG_RETRIEVE
res_stir_shaken: STIR_SHAKEN STIR_SHAKEN_ATTESTATION
res_tonedetect: TONE_DETECT
res_xmpp: JABBER_RECEIVE JABBER_STATUS
"""


def _read(text: str) -> dict[str, str]:
    """Name in lower case (Asterisk does not look at case) -> module."""
    found: dict[str, str] = {}
    module = ""
    for word in text.split():
        if word.endswith(":"):
            module = word[:-1]
        else:
            found.setdefault(word.lower(), module)
    return found


APPLICATIONS = _read(_APPLICATIONS)
FUNCTIONS = _read(_FUNCTIONS)
