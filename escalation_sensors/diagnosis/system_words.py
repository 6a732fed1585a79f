"""What systems say in other languages than English, and Windows' numbers, as the errno or SQLSTATE that means it.

English words are left to rules, which can tell apart who says them.
"""

from collections.abc import Iterator

from escalation_sensors.diagnosis.postgres_words import SAID

_WINDOWS = {
    2: "ENOENT",
    3: "ENOENT",
    5: "EACCES",
    8: "ENOMEM",
    14: "ENOMEM",
    32: "EBUSY",
    33: "EBUSY",
    53: "EHOSTUNREACH",
    64: "ECONNRESET",
    80: "EEXIST",
    112: "ENOSPC",
    121: "ETIMEDOUT",
    183: "EEXIST",
    206: "ENAMETOOLONG",
    1455: "ENOMEM",
    10013: "EACCES",
    10048: "EADDRINUSE",
    10049: "EADDRNOTAVAIL",
    10051: "ENETUNREACH",
    10053: "ECONNABORTED",
    10054: "ECONNRESET",
    10060: "ETIMEDOUT",
    10061: "ECONNREFUSED",
    10065: "EHOSTUNREACH",
}
_SAID = {
    "ECONNREFUSED": (
        "verbindungsaufbau abgelehnt",
        "zielcomputer die verbindung verweigerte",
        "connexion refusée",
        "l'ordinateur cible l'a expressément refusée",
        "conexión rehusada",
        "conexión rechazada",
        "denegó expresamente dicha conexión",
        "conexão recusada",
        "as recusou ativamente",
        "connessione rifiutata",
        "в соединении отказано",
        "отверг запрос на подключение",
        "połączenie odrzucone",
        "verbinding is geweigerd",
        "接続を拒否されました",
        "拒否されたため、接続できませんでした",
        "拒绝连接",
        "连接被拒绝",
        "目标计算机积极拒绝",
        "연결이 거부",
    ),
    "ECONNRESET": (
        "vom kommunikationspartner zurückgesetzt",
        "vom remotehost geschlossen",
        "ré-initialisée par le correspondant",
        "dû être fermée par l'hôte distant",
        "reinicializada por la máquina remota",
        "interrupción forzada de una conexión existente por el host remoto",
        "conexão fechada pela outra ponta",
        "соединение разорвано другой стороной",
        "远程主机强迫关闭了一个现有的连接",
        "连接被对方重设",
        "接続が相手からリセットされました",
        "リモート ホストに強制的に切断されました",
    ),
    "ETIMEDOUT": (
        "wartezeit für die verbindung ist abgelaufen",
        "connexion terminée par expiration du délai",
        "expiró el tiempo de conexión",
        "время ожидания соединения истекло",
        "连接超时",
        "接続がタイムアウトしました",
    ),
    "EHOSTUNREACH": (
        "keine route zum zielrechner",
        "aucun chemin d'accès pour atteindre l'hôte",
        "no existe ninguna ruta hasta el `host'",
        "нет маршрута до узла",
    ),
    "ENOENT": (
        "datei oder verzeichnis nicht gefunden",
        "system kann die angegebene datei nicht finden",
        "system kann den angegebenen pfad nicht finden",
        "aucun fichier ou dossier de ce type",
        "fichier spécifié est introuvable",
        "no existe el archivo o el directorio",
        "no existe el fichero o el directorio",
        "no puede encontrar el archivo especificado",
        "arquivo ou diretório inexistente",
        "não pode encontrar o arquivo especificado",
        "file o directory non esistente",
        "нет такого файла или каталога",
        "не удается найти указанный файл",
        "nie ma takiego pliku ani katalogu",
        "没有那个文件或目录",
        "系统找不到指定的文件",
        "そのようなファイルやディレクトリはありません",
        "指定されたファイルが見つかりません",
        "그런 파일이나 디렉터리가 없습니다",
    ),
    "ENOSPC": (
        "auf dem gerät ist kein speicherplatz mehr",
        "auf dem datenträger befindet sich nicht genügend speicherplatz",
        "aucun espace disponible sur le périphérique",
        "espace insuffisant sur le disque",
        "no queda espacio en el dispositivo",
        "espacio en disco insuficiente",
        "não há espaço disponível no dispositivo",
        "spazio esaurito sul device",
        "недостаточно места на диске",
        "на устройстве не осталось свободного места",
        "brak miejsca na urządzeniu",
        "设备上没有空间",
        "磁盘空间不足",
        "デバイスに空き領域がありません",
    ),
    "ENOMEM": (
        "nicht genügend hauptspeicher",
        "kann nicht genügend speicher",
        "speicher kann nicht zugewiesen werden",
        "impossible d'allouer de la mémoire",
        "ne peut allouer de la mémoire",
        "no se pudo asignar memoria",
        "não foi possível alocar memória",
        "impossibile allocare memoria",
        "не удалось выделить память",
        "недостаточно памяти",
        "无法分配内存",
        "内存不足",
        "メモリを確保できません",
    ),
    "EACCES": (
        "keine berechtigung",
        "zugriff verweigert",
        "permission non accordée",
        "accès refusé",
        "permiso denegado",
        "acceso denegado",
        "permissão negada",
        "permesso negato",
        "отказано в доступе",
        "brak dostępu",
        "权限不够",
        "拒绝访问",
        "許可がありません",
        "アクセスが拒否されました",
    ),
    "EDEADLK": (
        "interbloqueo",
        "interblocage",
        "verklemmung entdeckt",
        "deadlocksituation",
        "взаимоблокировк",
        "взаимной блокировк",
        "死锁",
        "デッドロック",
        "교착 상태",
    ),
}
_EACH = tuple((words, f"errno:{name}") for name, phrases in _SAID.items() for words in phrases)
_IN_ASCII = tuple(each for each in _EACH if each[0].isascii())
_POSTGRES = tuple((tuple(said.split("%")), code) for code, sayings in SAID.items() for said in sayings.split("|"))
_POSTGRES_IN_ASCII = tuple(each for each in _POSTGRES if "".join(each[0]).isascii())
_NOT_ENGLISH = (
    " nicht",
    " non ",
    "existe ",
    " inte",
    " durch ",
    " di ",
    " por ",
    " para ",
    "spalte ",
    " wegen ",
    " agotada",
    " av ",
    "istruzione",
)
"""Of which one stands in what PostgreSQL says in another language, where it needs no letters but English ones."""


def windows_code(number: int) -> str | None:
    """`errno:ECONNREFUSED` for 10061; None for a number that has no such meaning."""
    name = _WINDOWS.get(number)
    return f"errno:{name}" if name else None


def said_by_systems(lower: str) -> Iterator[str]:
    """The errno or SQLSTATE of each saying that stands in a text in lower case."""
    in_ascii = lower.isascii()
    for words, code in _IN_ASCII if in_ascii else _EACH:
        if words in lower:
            yield code
    if in_ascii and not any(word in lower for word in _NOT_ENGLISH):
        return
    for parts, code in _POSTGRES_IN_ASCII if in_ascii else _POSTGRES:
        if parts[0] in lower and _in_this_order(parts, lower):
            yield code


def _in_this_order(parts: tuple[str, ...], text: str) -> bool:
    """Whether the parts follow one another in a line."""
    at = text.index(parts[0])
    line_end = text.find("\n", at)
    line = text[at : line_end if line_end >= 0 else None]
    at = 0
    for part in parts:
        at = line.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True
