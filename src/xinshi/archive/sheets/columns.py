"""The columns of this room's spreadsheets, the names under which they come, and the words in their cells."""

from __future__ import annotations

from typing import Final

from xinshi.archive.availability import Quarter

KEYS: Final = ("archive_number", "id_number", "volunteer_number")
"""By one of these a row says whom it means."""
TITLES: Final = {
    "archive_number": "档案编号",
    "name": "姓名",
    "volunteer_number": "志愿者编号",
    "id_number": "证件号码",
    "phone": "手机号码",
    "group": "人员类别",
    "profession": "职业",
    "professional_title": "职称",
    "employer": "单位或学校",
    "languages": "语言",
    "skills": "技能（级别）",
    "interests": "服务意向",
    "weekly": "每周可服务时间",
    "exceptions": "例外日期",
    "hours_a_week_max": "每周最多小时",
    "shifts_a_week_max": "每周最多班次",
    "shifts_a_day_max": "每日最多班次",
    "takes_nights": "可排夜间",
    "may_lift": "可搬运",
    "sites": "可到地点",
    "emergency_name": "紧急联系人",
    "emergency_relation": "紧急联系人关系",
    "emergency_phone": "紧急联系人电话",
    "qualifications": "有效资质",
    "completeness": "完整度",
}
"""Field → its title in this house's own files, in the order of the export."""
READ_ONLY: Final = ("phone", "group", "qualifications", "completeness")
"""Written by the export, never read back: other rooms and other pages keep them."""
INSURANCE_TITLES: Final = {
    "name": "姓名",
    "id_number": "证件号码",
    "volunteer_number": "志愿者编号",
    "policy": "保单号",
    "starts_on": "生效日期",
    "ends_on": "到期日期",
    "insurer": "承保公司",
}
SYNONYMS: Final = {
    "archive_number": ("档案编号", "档案号", "archive number"),
    "name": ("姓名", "志愿者姓名", "被保险人", "被保险人姓名", "name"),
    "volunteer_number": ("志愿者编号", "志愿者号", "志愿者号码", "volunteer number"),
    "id_number": ("证件号码", "证件号", "身份证", "身份证号", "身份证号码", "被保险人证件号码", "id number"),
    "profession": ("职业", "profession"),
    "professional_title": ("职称", "专业技术职称", "professional title"),
    "employer": ("单位或学校", "工作单位", "单位", "学校", "employer"),
    "languages": ("语言", "语种", "languages"),
    "skills": ("技能", "专业技能", "skills"),
    "interests": ("服务意向", "意向", "服务类别", "interests"),
    "weekly": ("每周可服务时间", "可服务时间", "空闲时间", "availability"),
    "exceptions": ("例外日期", "例外时间", "exceptions"),
    "hours_a_week_max": ("每周最多小时", "每周小时上限", "hours a week"),
    "shifts_a_week_max": ("每周最多班次", "shifts a week"),
    "shifts_a_day_max": ("每日最多班次", "每天最多班次", "shifts a day"),
    "takes_nights": ("可排夜间", "夜间", "夜班", "nights"),
    "may_lift": ("可搬运", "搬运", "lifting"),
    "sites": ("可到地点", "可到院区", "sites"),
    "emergency_name": ("紧急联系人", "紧急联系人姓名", "emergency contact"),
    "emergency_relation": ("紧急联系人关系", "与紧急联系人关系", "relation"),
    "emergency_phone": ("紧急联系人电话", "紧急联系电话", "emergency phone"),
    "policy": ("保单号", "保险单号", "保单号码", "policy number"),
    "starts_on": ("生效日期", "起保日期", "保险起期", "生效日", "起始日期", "from"),
    "ends_on": ("到期日期", "终保日期", "保险止期", "到期日", "截止日期", "until"),
    "insurer": ("承保公司", "保险公司", "insurer"),
}
LEVEL_WORDS: Final = {"有经验": 1, "熟练": 2, "专业": 3}
YES: Final = ("是", "可", "可以", "愿意", "y", "yes", "1", "true")
NO: Final = ("否", "不", "不可", "不可以", "不愿意", "n", "no", "0", "false")
WEEKDAYS: Final = "一二三四五六日"
QUARTERS: Final = {"凌晨": Quarter.NIGHT, "上午": Quarter.MORNING, "下午": Quarter.AFTERNOON, "晚上": Quarter.EVENING}
WHOLE_DAY: Final = ("上午", "下午", "晚上")
RELATIONS: Final = {
    "父母": "parent",
    "配偶": "spouse",
    "子女": "child",
    "兄弟姐妹": "sibling",
    "朋友": "friend",
    "其他": "other",
}
CAN_COME: Final = {True: "可", False: "不可"}
NOTHING: Final = "无"
"""In the cell of the week: cannot come at any time."""
EXAMPLE_PROFILE: Final = {
    "archive_number": "",
    "name": "王小安",
    "volunteer_number": "990000000000000000",
    "profession": "护士",
    "professional_title": "主管护师",
    "employer": "示范市中心医院",
    "languages": "普通话、英语",
    "skills": "急救（专业）、手语（有经验）",
    "interests": "卫生健康、应急救援",
    "weekly": "周六上午、周六下午、周三晚上",
    "exceptions": "2027-01-04至2027-01-15不可（考试周）；2027-02-11可",
    "hours_a_week_max": "6",
    "shifts_a_week_max": "2",
    "takes_nights": "否",
    "may_lift": "是",
    "emergency_name": "王平安",
    "emergency_relation": "配偶",
    "emergency_phone": "19900000000",
}
EXAMPLE_INSURANCE: Final = (
    "王小安",
    "",
    "990000000000000000",
    "PA2026000001",
    "2026-01-01",
    "2026-12-31",
    "示范保险公司",
)
