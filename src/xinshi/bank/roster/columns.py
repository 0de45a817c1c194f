"""The columns of a roster 花名册 and the names under which they come."""

from __future__ import annotations

from typing import Final

TITLES: Final = {
    "name": "姓名",
    "sex": "性别",
    "birth_date": "出生日期",
    "id_kind": "证件类型",
    "id_number": "证件号码",
    "volunteer_number": "志愿者编号",
    "phone": "手机号码",
    "area": "居住区域",
    "group": "人员类别",
    "department": "所属部门",
    "skills": "专业技能",
    "service_categories": "服务类别",
}
"""Field → the title it has in this house's own files."""

SYNONYMS: Final = {
    "name": ("姓名", "志愿者姓名", "真实姓名", "名字", "name", "full name"),
    "sex": ("性别", "sex", "gender"),
    "birth_date": ("出生日期", "出生年月日", "出生年月", "生日", "birth date", "date of birth", "birthday"),
    "id_kind": ("证件类型", "证件类别", "证件种类", "证件名称", "id type", "id kind", "document"),
    "id_number": (
        "证件号码",
        "证件号",
        "证件编号",
        "身份证",
        "身份证号",
        "身份证号码",
        "身份证件号码",
        "居民身份证号",
        "居民身份证号码",
        "公民身份号码",
        "id number",
        "document number",
    ),
    "volunteer_number": (
        "志愿者编号",
        "志愿者号",
        "志愿者号码",
        "志愿者编码",
        "志愿编号",
        "志愿者证号",
        "志愿者注册号",
        "volunteer number",
        "volunteer no",
    ),
    "phone": (
        "手机号码",
        "手机号",
        "手机",
        "手机电话",
        "联系手机",
        "联系电话",
        "联系方式",
        "移动电话",
        "电话",
        "电话号码",
        "phone",
        "mobile",
        "mobile phone",
    ),
    "area": ("居住区域", "居住地", "居住地区", "现居住地", "所在区域", "所在地区", "区域", "住址", "居住地址", "area"),
    "group": ("人员类别", "人员类型", "人员身份", "人员性质", "志愿者类别", "志愿者类型", "group"),
    "department": (
        "所属部门",
        "部门",
        "科室",
        "所在科室",
        "所属科室",
        "所在部门",
        "单位",
        "所在单位",
        "工作单位",
        "department",
    ),
    "skills": ("专业技能", "技能", "特长", "专长", "技能特长", "专业特长", "skills"),
    "service_categories": ("服务类别", "服务意向", "志愿服务类别", "意向服务类别", "服务领域", "service categories"),
}
FILLED_DOWN: Final = ("id_kind", "area", "group", "department", "skills", "service_categories")
"""Where people merge cells over several rows and mean each of them."""

GROUPS: Final = {
    "staff": (
        "本院职工",
        "职工",
        "员工",
        "在职职工",
        "院内职工",
        "医院职工",
        "本院员工",
        "医务人员",
        "医护人员",
        "医务工作者",
        "staff",
        "hospital staff",
    ),
    "student": ("高校学生", "学生", "大学生", "在校学生", "在校大学生", "高校志愿者", "student"),
    "citizen": (
        "社会人士",
        "社会",
        "社会人员",
        "社会志愿者",
        "市民",
        "居民",
        "社区居民",
        "群众",
        "退休人员",
        "其他",
        "citizen",
    ),
}
SEXES: Final = {
    "1": ("男", "男性", "m", "male", "1"),
    "2": ("女", "女性", "f", "female", "2"),
    "": ("", "未知", "未说明", "不详", "0", "9"),
}
ID_KINDS: Final = {
    "01": (
        "身份证",
        "居民身份证",
        "二代身份证",
        "第二代居民身份证",
        "内地身份证",
        "大陆居民身份证",
        "中国居民身份证",
        "1",
    ),
    "02": ("香港", "香港身份证", "香港居民身份证", "香港永久性居民身份证", "2"),
    "03": ("澳门", "澳门身份证", "澳门居民身份证", "澳门永久性居民身份证", "3"),
    "04": ("台湾", "台湾身份证", "台胞证", "4"),
    "05": ("护照号", "外国护照", "中国护照", "passport", "5"),
    "06": ("军官证件", "6"),
    "07": ("士兵证件", "7"),
    "99": ("其他证件", "其它"),
}
EXAMPLE_ROW: Final = (
    "王小安",
    "女",
    "1990-05-21",
    "护照",
    "E00000000",
    "990000000000000000",
    "19900000000",
    "示范市东湖区",
    "社会人士",
    "",
    "急救、手语",
    "社区服务、卫生健康",
)
"""One invented person, for the empty template."""
REASON_TITLES: Final = ("未导入原因", "Why this row was not imported")
"""The column that a spreadsheet of rejected rows has beyond the original ones; taken out when it comes back."""
FOOTER_STARTS: Final = ("合计", "总计", "小计", "共计", "备注", "说明", "注:", "制表", "填表", "审核", "导出时间")
