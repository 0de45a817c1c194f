"""The columns of 志愿汇's files and the names under which they come."""

from __future__ import annotations

import re
from typing import Final

from xinshi.documents.sheets import plain_title
from xinshi.exchange.domain import FileKind

SYNONYMS: Final = {
    "index": ("序号", "编号序号", "no", "no.", "index"),
    "name": ("姓名", "志愿者姓名", "真实姓名", "名字", "志愿者", "成员姓名", "队员姓名", "name", "full name"),
    "number": (
        "志愿者编号",
        "编号",
        "志愿者id",
        "志愿者号",
        "志愿者号码",
        "志愿者编码",
        "志愿编号",
        "志愿者证号",
        "志愿者注册号",
        "志愿者注册编号",
        "注册编号",
        "志愿者代码",
        "志愿汇编号",
        "志愿汇id",
        "志愿汇号",
        "成员编号",
        "用户编号",
        "volunteer number",
        "volunteer no",
        "volunteer no.",
        "volunteer id",
        "vcode",
    ),
    "verified": (
        "信用时数",
        "信用时长",
        "信用时数值",
        "信用时",
        "信用小时",
        "信用小时数",
        "信用服务时数",
        "信用服务时长",
        "累计信用时数",
        "总信用时数",
        "credit hours",
        "verified hours",
    ),
    "honorary": (
        "荣誉时数",
        "荣誉时数值",
        "荣誉时长",
        "荣誉时",
        "荣誉小时",
        "荣誉小时数",
        "荣誉服务时数",
        "荣誉服务时长",
        "补录时数",
        "补录时长",
        "补录时数值",
        "补录小时数",
        "honorary hours",
    ),
    "hours": (
        "认定时长",
        "认定时数",
        "有效时长",
        "有效时数",
        "实际时长",
        "服务时长",
        "服务时数",
        "服务小时",
        "服务小时数",
        "志愿服务时长",
        "志愿服务时数",
        "志愿时长",
        "志愿时数",
        "活动时长",
        "活动时数",
        "时长",
        "时数",
        "小时",
        "小时数",
        "时数值",
        "service hours",
        "hours",
        "duration",
        "value",
    ),
    "reason": (
        "补录原因",
        "补录理由",
        "补录事由",
        "补录说明",
        "补录原由",
        "补录事项",
        "原因",
        "事由",
        "荣誉时数原因",
        "reason",
    ),
    "title": (
        "活动名称",
        "活动",
        "活动标题",
        "活动主题",
        "项目名称",
        "项目",
        "志愿项目",
        "志愿活动",
        "服务项目",
        "服务内容",
        "服务活动",
        "activity",
        "activity name",
    ),
    "day": ("日期", "服务日期", "活动日期", "签到日期", "服务时间日期", "date"),
    "span": (
        "服务时间",
        "服务时段",
        "服务起止时间",
        "活动时间",
        "活动时段",
        "活动起止时间",
        "起止时间",
        "起讫时间",
        "签到签退时间",
        "时间段",
        "时段",
        "时间",
        "time",
    ),
    "start": (
        "签到时间",
        "开始时间",
        "服务开始时间",
        "活动开始时间",
        "起始时间",
        "开始服务时间",
        "上岗时间",
        "打卡开始时间",
        "签到",
        "签入时间",
        "开始",
        "signintime",
        "sign-in time",
        "sign in time",
        "start time",
        "start",
    ),
    "end": (
        "签退时间",
        "结束时间",
        "服务结束时间",
        "活动结束时间",
        "终止时间",
        "截止时间",
        "结束服务时间",
        "下岗时间",
        "打卡结束时间",
        "签退",
        "签出时间",
        "结束",
        "signouttime",
        "sign-out time",
        "sign out time",
        "end time",
        "end",
    ),
    "hours_kind": ("时长类型", "时数类型", "时长类别", "时数类别", "服务时长类型"),
    "state": (
        "时长状态",
        "时数状态",
        "审核状态",
        "审批状态",
        "认定状态",
        "记录状态",
        "审核结果",
        "审批结果",
        "是否有效",
        "是否生效",
        "是否通过",
        "状态",
    ),
    "remark": ("备注", "附注", "remark"),
}
"""Field → the names of its column. A specific name of hours wins over a general one."""
RANKED: Final = frozenset({"number", "verified", "honorary", "hours", "start", "end"})
"""Where several columns of a file bear names of one of these, the name that stands first here counts: the sign-in before
the activity's planned start, what was granted before what was served, a sum of all time last.
"""
ALL_TITLES: Final = frozenset(plain_title(name) for names in SYNONYMS.values() for name in names)

MINUTES_TITLE: Final = re.compile(
    r"[(\[【](?:单位|以)?[:为]?(?:分钟?|min(?:ute)?s?)(?:计|数)?[)\]】]|/min|分钟数?$|minutes?$", re.IGNORECASE
)
"""In the title of an hours column: its figures are minutes. A remark such as `满30分钟计0.5` says nothing of the kind."""

OTHER_UNIT: Final = re.compile(
    r"[(\[【](?:单位|以)?[:为]?(天|日|次|秒|学时|课时|积分|分值|s|secs?|seconds?|days?)(?:计|数)?[)\]】]"
)
"""In the title of an hours column: its figures are neither hours nor minutes."""
ALL_TIME_WORDS: Final = ("累计", "总")
"""With which the title of a column begins that does not end with the period of its file."""
HONORARY_WORDS: Final = ("荣誉", "补录")
VERIFIED_WORDS: Final = ("信用",)
"""In a column that says of each row which kind of hours it has (时长类型)."""
NOT_IN_FORCE: Final = frozenset(
    {
        *("申请中", "待审核", "待审批", "待确认", "未审核", "审核中", "审批中", "草稿", "未生效", "未签退"),
        *("否", "已删除", "删除", "已作废", "作废", "无效", "已失效", "已撤销", "撤销", "已取消", "取消"),
        *("已拒绝", "拒绝", "已驳回", "驳回", "不通过", "未通过", "审核不通过", "审核未通过", "录入失败", "失败"),
    }
)
"""What a column of states (时长状态) says of hours that do not count, or do not count yet, where they come from."""

TOTAL_WORDS: Final = (
    "合计",
    "总计",
    "小计",
    "共计",
    "累计",
    "汇总",
    "总和",
    "总数",
    "total",
    "subtotal",
    "sum",
    "grandtotal",
)
FOOTER_WORDS: Final = (
    "制表",
    "填表",
    "填报",
    "审核",
    "审批",
    "复核",
    "经办",
    "负责人",
    "联系人",
    "联系电话",
    "导出",
    "打印",
    "备注",
    "注:",
    "说明",
    "单位",
    "盖章",
    "签字",
    "签名",
    "以下空白",
    "统计",
    "录入",
    "汇总人",
    "科室",
    "报送",
    "护士长",
    "分管",
    "数据来源",
    "截至",
    "截止",
    "以下无正文",
    "日期",
)
"""What the first text of a row below the table begins with."""
SEAL_WORDS: Final = ("盖章", "签章", "签字")
"""What stands anywhere in such a text."""
SUM_TITLES: Final = frozenset({"合计", "总计", "小计"})
"""No activity, reason or day: the row sums others up."""

TEMPLATE_SHEET: Final = "Sheet1"
TEMPLATE_FILE_NAME: Final = "志愿者荣誉时数-志愿者编号导入模板.xlsx"
TEMPLATE_TITLE: Final = "志愿者荣誉时数-志愿者编号导入模板"
TEMPLATE_NOTE: Final = "说明：带*为必填；所有数字请调整为文字格式；荣誉时数最多保留一位小数"
TEMPLATE_HEADERS: Final = ("序号", "姓名*", "志愿者编号*", "荣誉时数值*", "补录原因*")

WANTED_BY_KIND: Final = {
    FileKind.HONORARY: "姓名、志愿者编号、荣誉时数值、补录原因",
    FileKind.VERIFIED_DETAIL: "活动名称、姓名、志愿者编号、签到时间、签退时间、信用时数",
    FileKind.VERIFIED_SUMMARY: "姓名、志愿者编号、信用时数",
}
