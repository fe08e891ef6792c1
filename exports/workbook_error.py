"""Why a file cannot be read or written: a stable code and one Chinese sentence."""

from __future__ import annotations


class WorkbookError(Exception):
    """A file that is refused as a whole. `code` is dotted (`file.encrypted`), `text` says what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def sentence(code: str, **parts: object) -> WorkbookError:
    """The error of a code with its standard sentence, `parts` filled in."""
    return WorkbookError(code, _TEXTS[code].format(**parts))


_TEXTS = {
    "file.not_found": "找不到文件“{name}”，请核对文件名和所在文件夹。",
    "file.not_file": "“{name}”不是普通文件，请选择一个 Excel 工作簿。",
    "file.no_access": "没有读取“{name}”的权限，请换一个文件夹或请管理员开放权限。",
    "file.empty": "文件是空的，请重新保存或重新上传后再导入。",
    "file.not_workbook": "这不是 Excel 工作簿，请用模板填写并存为 .xlsx 或 .xls 后再导入。",
    "file.html": "这是网页或 XML 另存成的表格，请在 Excel 中打开后另存为工作簿再导入。",
    "file.encrypted": "工作簿设有打开密码，请在 Excel 中取消密码后另存再导入。",
    "file.macro": "工作簿含有宏，请在 Excel 中另存为不含宏的工作簿再导入。",
    "file.busy": "文件正在被别的程序打开或写入，请关闭文件（残留的“~$”文件请删除）后再导入。",
    "file.too_large": "文件太大（最多 {limit} MB），请删除多余内容或分成几个文件后再导入。",
    "file.unzipped": "文件解开后过大，不像正常填写的表格，请把数据复制到新下载的模板中再导入。",
    "file.extent": "工作表的 {cell} 处有多余内容，超出可导入的范围，请删除多余的行列后另存再导入。",
    "file.rows": "数据超过 {limit} 行，请分成几个文件导入。",
    "file.damaged": "文件已损坏或还没有传完，请稍候再试，或在 Excel 中打开并另存后再导入。",
    "file.timeout": "读取文件用时过长，已中止，请把数据复制到新下载的模板中再导入。",
    "file.memory": "读取文件需要的内存过大，已中止，请把数据复制到新下载的模板中再导入。",
    "file.wrong_format": "不能识别的文件格式，请在 Excel 中另存为{formats}后再导入。",
    "file.no_sheet": "工作簿里没有可见的工作表，请取消隐藏后再导入。",
    "file.exists": "文件“{name}”已存在，请换一个文件名或确认覆盖。",
    "file.disk_full": "磁盘空间不足，文件“{name}”没有写成，请清理后再试。",
    "file.not_written": "文件“{name}”写不进去，请核对文件夹是否存在、是否有写权限。",
    "file.name": "文件名“{name}”不能使用，请只用文件名，不要带文件夹。",
    "paste.empty": "粘贴的内容是空的，请在表格中选中要粘贴的行，复制后再粘贴。",
    "paste.rows": "粘贴的内容超过 {limit} 行，请分几次复制、粘贴，或存成文件分几次导入。",
    "paste.columns": "粘贴的内容超过 {limit} 列，不像清册，请只复制模板中的列。",
    "paste.size": "粘贴的内容超过 {limit} 万字，不像清册，请分几次复制、粘贴。",
    "template.format": "模板只能存为 .xlsx 或 .xls，请改正文件名的扩展名。",
}

FORMAT_NAMES = {"xls": "Excel 97-2003 工作簿（.xls）", "xlsx": "Excel 工作簿（.xlsx）"}


def wrong_format(formats: tuple[str, ...]) -> WorkbookError:
    """The refusal of a format a center does not take (I-05)."""
    names = "或".join(FORMAT_NAMES[name] for name in formats if name in FORMAT_NAMES)
    return sentence("file.wrong_format", formats=names)
