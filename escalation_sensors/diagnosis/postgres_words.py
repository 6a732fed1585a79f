# ruff: noqa: RUF001 - letters of other alphabets are what they look like
"""What PostgreSQL says most, in the languages that its message catalogues have, by SQLSTATE.

`%` stands for anything, `|` parts one saying from the next. Taken from PostgreSQL 15's catalogues (PostgreSQL License).
Long, because it is one table.
"""

SAID = {
    "sqlstate:42P01": (
        "relation%existiert nicht|no existe la relación|la relation%n'existe pas|la relazione%non esiste|"
        "リレーション%は存在しません|이름의 릴레이션(relation)이 없습니다|отношение%не существует|关系%不存在"
    ),
    "sqlstate:42703": (
        "spalte%existiert nicht|spalte%von relation%existiert nicht|no existe la columna|"
        "no existe la columna%en la relación|la colonne%n'existe pas|la colonne%de la relation%n'existe pas|"
        "la colonna%non esiste|la colonna%della relazione%non esiste|リレーション%の列%は存在しません|"
        "이름의 칼럼은 없습니다|칼럼은%릴레이션(relation)에 없음|столбец%не существует|"
        "столбец%в таблице%не существует|字段%不存在|关系%的%字段不存在"
    ),
    "sqlstate:42P07": (
        "relation%existiert bereits|la relación%ya existe|la relation%existe déjà|la relazione%esiste già|"
        "リレーション%はすでに存在します|이름의 릴레이션(relation)이 이미 있습니다|отношение%уже существует|"
        "关系%已经存在"
    ),
    "sqlstate:3F000": (
        "schema%existiert nicht|no existe el esquema|le schéma%n'existe pas|lo schema%non esiste|"
        "スキーマ%は存在しません|스키마(schema) 없음|схема%не существует|模式%不存在"
    ),
    "sqlstate:42704": (
        "rolle%existiert nicht|no existe el tipo|no existe el rol|le type%n'existe pas|le rôle%n'existe pas|"
        "il tipo%non esiste|il ruolo%non esiste|ロール%は存在しません|자료형 없음|롤(role) 없음|"
        "тип%не существует|роль%не существует|类型%不存在|角色%不存在"
    ),
    "sqlstate:3D000": (
        "datenbank%existiert nicht|no existe la base de datos|la base de données%n'existe pas|"
        "il database%non esiste|データベース%は存在しません|데이터베이스 없음|база данных%не существует|"
        "数据库%不存在"
    ),
    "sqlstate:42804": (
        "spalte%hat typ%, aber der ausdruck hat typ|la columna%es de tipo%pero la expresión es de tipo|"
        "la colonne%est de type%mais l'expression est de type|"
        "la colonna%è di tipo%ma l'espressione è di tipo|столбец%имеет тип%, а выражение -|"
        "字段%的类型为%, 但表达式的类型为"
    ),
    "sqlstate:42601": (
        "syntaxfehler|error de sintaxis|erreur de syntaxe|errore di sintassi|構文エラー|구문 오류|"
        "ошибка синтаксиса|语法错误"
    ),
    "sqlstate:42883": (
        "funktion%existiert nicht|operator existiert nicht:|no existe la función|el operador no existe:|"
        "la fonction%n'existe pas|l'opérateur n'existe pas :|la funzione%non esiste|l'operatore non esiste:|"
        "関数%は存在しません|演算子が存在しません:|이름의 함수가 없음|연산자 없음:|функция%не существует|"
        "оператор не существует:|函数%不存在|操作符不存在:"
    ),
    "sqlstate:42803": (
        "spalte%muss in der group-by-klausel erscheinen oder in einer aggregatfunktion verwendet werden|"
        "la columna%debe aparecer en la cláusula group by o ser usada en una función de agregación|"
        "la colonne%doit apparaître dans la clause group by ou doit être utilisé dans une fonction d'agrégat|"
        "la colonna%deve comparire nella clausola group by o essere usata in una funzione di aggregazione|"
        "column%는 반드시 group by 절내에 있어야 하던지 또는 집계 함수 내에서 사용되어져야 한다|"
        "столбец%должен фигурировать в предложении group by или использоваться в агрегатной функции|"
        "字段%必须出现在 group by 子句中或者在聚合函数中使用"
    ),
    "sqlstate:42702": (
        "spaltenverweis%ist nicht eindeutig|la referencia a la columna%es ambigua|"
        "la référence à la colonne%est ambiguë|il riferimento alla colonna%è ambiguo|列参照%は曖昧です|"
        "칼럼 참조%가 모호합니다.|неоднозначная ссылка на столбец|字段关联%是不明确的"
    ),
    "sqlstate:42501": (
        "keine berechtigung für tabelle|keine berechtigung für schema|"
        "berechtigung nur für eigentümer der tabelle|keine berechtigung für sicht|"
        "keine berechtigung für datenbank|permiso denegado a la tabla|permiso denegado al esquema|"
        "debe ser dueño de la tabla|permiso denegado a la vista|permiso denegado a la base de datos|"
        "droit refusé pour la table|droit refusé pour le schéma|doit être le propriétaire de la table|"
        "droit refusé pour la vue|droit refusé pour la base de données|permesso negato per la tabella|"
        "permesso negato per lo schema|bisogna essere proprietari della tabella|permesso negato per la vista|"
        "permesso negato per il database|テーブル%へのアクセスが拒否されました|"
        "スキーマ%へのアクセスが拒否されました|テーブル%の所有者である必要があります|"
        "ビュー%へのアクセスが拒否されました|データベース%へのアクセスが拒否されました|"
        "테이블에 대한 접근 권한 없음|스키마(schema) 접근 권한 없음|테이블의 소유주여야만 합니다|"
        "뷰에 대한 접근 권한 없음|데이터베이스 접근 권한 없음|нет доступа к таблице|нет доступа к схеме|"
        "нужно быть владельцем таблицы|нет доступа к представлению|нет доступа к базе данных|对表%权限不够|"
        "对模式%权限不够|必须是表%的属主|对视图%权限不够|对数据库%权限不够"
    ),
    "sqlstate:28P01": (
        "passwort-authentifizierung für benutzer%fehlgeschlagen|"
        "la autentificación password falló para el usuario|"
        "authentification par mot de passe échouée pour l'utilisateur|"
        "autenticazione con password fallita per l'utente|ユーザー%のパスワード認証に失敗しました|"
        "사용자%의 password 인증을 실패했습니다|пользователь%не прошёл проверку подлинности (по паролю)|"
        "用户%password 认证失败"
    ),
    "sqlstate:23505": (
        "doppelter schlüsselwert verletzt unique-constraint|llave duplicada viola restricción de unicidad|"
        "la valeur d'une clé dupliquée rompt la contrainte unique|"
        "un valore chiave duplicato viola il vincolo univoco|重複したキー値は一意性制約%違反となります|"
        "중복된 키 값이%고유 제약 조건을 위반함|"
        "повторяющееся значение ключа нарушает ограничение уникальности|重复键违反唯一约束"
    ),
    "sqlstate:23502": (
        "null-wert in spalte%von relation%verletzt not-null-constraint|"
        "el valor nulo en la columna%de la relación%viola la restricción de no nulo|"
        "une valeur null viole la contrainte not null de la colonne%dans la relation|"
        "il valore nullo nella colonna%della relazione%viola il vincolo non nullo|"
        "リレーション%の列%のnull値が非null制約に違反しています|"
        "칼럼(해당 릴레이션%)의 null 값이 not null 제약조건을 위반했습니다.|"
        "значение null в столбце%отношения%нарушает ограничение not null"
    ),
    "sqlstate:23503": (
        "einfügen oder aktualisieren in tabelle%verletzt fremdschlüssel-constraint|"
        "aktualisieren oder löschen in tabelle%verletzt fremdschlüssel-constraint%von tabelle|"
        "inserción o actualización en la tabla%viola la llave foránea|"
        "update o delete en%viola la llave foránea%en la tabla|"
        "une instruction insert ou update sur la table%viole la contrainte de clé\nétrangère|"
        "update ou delete sur la table%viole la contrainte de clé étrangère%de la table|"
        "la insert o l'update sulla tabella%viola il vincolo di chiave esterna|"
        "l'istruzione update o delete sulla tabella%viola il vincolo di chiave esterna%sulla tabella|"
        "テーブル%への挿入、更新は外部キー制約%に違反しています|"
        "テーブル%の更新または削除は、テーブル%の外部キー制約%に違反します|"
        "테이블에서 자료 추가, 갱신 작업이%참조키(foreign key) 제약 조건을 위배했습니다|"
        "테이블의 자료 갱신, 삭제 작업이%참조키(foreign key) 제약 조건 -%테이블 - 을 위반했습니다|"
        "insert или update в таблице%нарушает ограничение внешнего ключа|"
        "update или delete в таблице%нарушает ограничение внешнего ключа%таблицы|插入或更新表%违反外键约束"
    ),
    "sqlstate:23514": (
        "neue zeile für relation%verletzt check-constraint|"
        "el nuevo registro para la relación%viola la restricción «check|"
        "la nouvelle ligne de la relation%viole la contrainte de vérification|"
        "la nuova riga per la relazione%viola il vincolo di controllo|"
        "リレーション%の新しい行は検査制約%に違反しています|"
        "새 자료가%릴레이션의%체크 제약 조건을 위반했습니다|"
        "новая строка в отношении%нарушает ограничение-проверку|关系%的新列违反了检查约束"
    ),
    "sqlstate:22P02": (
        "ungültige eingabesyntax für typ%:|la sintaxis de entrada no es válida para tipo%:|"
        "syntaxe en entrée invalide pour le type%:|sintassi di input non valida per il tipo%:|"
        "型の入力構文が不正です:|자료형 대한 잘못된 입력:|неверный синтаксис для типа%:|无效的类型%输入语法:"
    ),
    "sqlstate:22001": (
        "wert zu lang für typ character varying(%)|"
        "el valor es demasiado largo para el tipo character varying(%)|"
        "valeur trop longue pour le type character varying(%)|"
        "il valore è troppo lungo per il tipo character varying(%)|"
        "値は型character varying(%)としては長すぎます|"
        "character varying(%) 자료형에 너무 긴 자료를 담으려고 합니다.|"
        "значение не умещается в тип character varying(%)|对于可变字符类型来说，值太长了(%)"
    ),
    "sqlstate:22003": (
        "integer ist außerhalb des gültigen bereichs|bigint ist außerhalb des gültigen bereichs|"
        "feldüberlauf bei typ »numeric«|wert%ist außerhalb des gültigen bereichs für typ|"
        "entero fuera de rango|bigint fuera de rango|desbordamiento de campo numeric|"
        "el valor%está fuera de rango para el tipo|entier en dehors des limites|bigint en dehors des limites|"
        "champ numérique en dehors des limites|la valeur%est en dehors des limites pour le type|"
        "intero fuori dall'intervallo|bigint fuori dall'intervallo consentito|"
        "il campo numeric causa un overflow|valore%fuori dall'intervallo consentito per il tipo|"
        "integerの範囲外です|bigintの範囲外です|numericフィールドのオーバーフロー|정수 범위를 벗어남|"
        "bigint의 범위를 벗어났습니다.|수치 필드 오버플로우|입력한%값은%자료형 범위를 초과했습니다|"
        "целое вне диапазона|bigint вне диапазона|переполнение поля numeric|значение%вне диапазона для типа|"
        "整数超出范围|bigint 超出范围|数字字段溢出"
    ),
    "sqlstate:22012": (
        "division durch null|división por cero|division par zéro|divisione per zero|"
        "0 による除算が行われました|0으로는 나눌수 없습니다.|деление на ноль|除以零"
    ),
    "sqlstate:22008": (
        "datum/zeit-feldwert ist außerhalb des gültigen bereichs:|"
        "timestamp ist außerhalb des gültigen bereichs|valor de hora/fecha fuera de rango:|"
        "timestamp fuera de rango|valeur du champ date/time en dehors des limites :|"
        "timestamp en dehors des limites|valore del campo date/time fuori dall'intervallo consentito:|"
        "timestamp fuori dall'intervallo consentito|日付時刻のフィールドが範囲外です:|timestampの範囲外です|"
        "날짜/시간 필드의 값이 범위를 벗어남:|타임스탬프 범위를 벗어남|"
        "значение поля типа date/time вне диапазона:|timestamp вне диапазона|日期/时间值超出范围:|"
        "时间戳超出范围"
    ),
    "sqlstate:22021": (
        "ungültige byte-sequenz für kodierung%:|secuencia de bytes no válida para codificación%:|"
        "séquence d'octets invalide pour l'encodage%:|sequenza di byte non valida per la codifica%:|"
        "符号化方式%に対する不正なバイト列です:|인코딩에서 사용할 수 없는 문자가 있음:|"
        "неверная последовательность байт для кодировки%:|无效的%编码字节顺序:"
    ),
    "sqlstate:21000": (
        "als ausdruck verwendete unteranfrage ergab mehr als eine zeile|"
        "una subconsulta utilizada como expresión retornó más de un registro|"
        "plus d'une ligne renvoyée par une sous-requête utilisée comme une expression|"
        "più di una riga restituita da una sottoquery usata come espressione|"
        "式として使用された副問い合わせが2行以上の行を返しました|"
        "표현식에 사용된 서브쿼리 결과가 하나 이상의 행을 리턴했습니다|"
        "подзапрос в выражении вернул больше одной строки|作为一个表达式使用的子查询返回了多列"
    ),
    "sqlstate:22P04": (
        "fehlende daten für spalte|zusätzliche daten nach letzter erwarteter spalte|"
        "faltan datos en la columna|datos extra después de la última columna esperada|"
        "données manquantes pour la colonne|données supplémentaires après la dernière colonne attendue|"
        "dati mancanti per la colonna|ci sono dati in eccesso dopo l'ultima colonna attesa|"
        "推定最終列の後に余計なデータがありました|칼럼의 자료가 빠졌음|"
        "마지막 칼럼을 초과해서 또 다른 데이터가 있음|нет данных для столбца|"
        "лишние данные после содержимого последнего столбца|字段%缺少数据|最后期望字段后有额外数据"
    ),
    "sqlstate:40P01": (
        "verklemmung (deadlock) entdeckt|se ha detectado un deadlock|interblocage (deadlock) détecté|"
        "rilevato deadlock|デッドロックを検出しました|deadlock 발생했음|обнаружена взаимоблокировка|"
        "检测到死锁"
    ),
    "sqlstate:40001": (
        "konnte zugriff nicht serialisieren wegen gleichzeitiger aktualisierung|"
        "konnte zugriff nicht serialisieren wegen lese-/schreib-abhängigkeiten zwischen transaktionen|"
        "no se pudo serializar el acceso debido a un update concurrente|"
        "no se pudo serializar el acceso debido a dependencias read/write entre transacciones|"
        "n'a pas pu sérialiser un accès à cause d'une mise à jour en parallèle|"
        "n'a pas pu sérialiser un accès à cause des dépendances de lecture/écriture\nparmi les transactions|"
        "serializzazione dell'accesso fallita a causa di modifiche concorrenti|"
        "serializzazione dell'accesso fallita a causa di dipendenze di lettura/scrittura tra le transazioni|"
        "更新が同時に行われたためアクセスの直列化ができませんでした|"
        "トランザクション間で read/write の依存性があったため、アクセスの直列化ができませんでした|"
        "동시 업데이트 때문에 순차적 액세스가 불가능합니다|"
        "트랜잭션간 읽기/쓰기 의존성 때문에 serialize 접근을 할 수 없음|"
        "не удалось сериализовать доступ из-за параллельного изменения|"
        "не удалось сериализовать доступ из-за зависимостей чтения/записи между транзакциями|"
        "由于同步更新而无法串行访问|由于多个事务间的读/写依赖而无法串行访问"
    ),
    "sqlstate:55P03": (
        "storniere anfrage wegen zeitüberschreitung einer sperre|"
        "konnte sperre für zeile in relation%nicht setzen|"
        "cancelando la sentencia debido a que se agotó el tiempo de espera de candados (locks)|"
        "no se pudo bloquear un candado en la fila de la relación|"
        "annulation de la requête à cause du délai écoulé pour l'obtention des verrous|"
        "n'a pas pu obtenir un verrou sur la relation|"
        "annullamento dell'istruzione a causa di timeout di lock|lock di riga nella relazione%fallito|"
        "ロックのタイムアウトのためステートメントをキャンセルしています|"
        "リレーション%の行ロックを取得できませんでした|잠금 대기 시간 초과로 작업을 취소합니다.|"
        "릴레이션의 잠금 정보를 구할 수 없음|выполнение оператора отменено из-за тайм-аута блокировки|"
        "не удалось получить блокировку строки в таблице|由于锁超时，取消语句操作|无法在关系%中的记录上获得锁"
    ),
    "sqlstate:53300": (
        "tut mir leid, schon zu viele verbindungen|lo siento, ya tenemos demasiados clientes|"
        "désolé, trop de clients sont déjà connectés|spiacente, troppi client già connessi|"
        "現在クライアント数が多すぎます|최대 동시 접속자 수를 초과했습니다.|"
        "извините, уже слишком много клиентов|对不起, 已经有太多的客户"
    ),
    "sqlstate:57P03": (
        "das datenbanksystem startet|das datenbanksystem fährt herunter|"
        "das datenbanksystem ist im wiederherstellungsmodus|el sistema de base de datos está iniciándose|"
        "el sistema de base de datos está apagándose|"
        "el sistema de base de datos está en modo de recuperación|le système de bases de données se lance|"
        "le système de base de données s'arrête|le système de bases de données est en cours de restauration|"
        "il database si sta avviando|il database si sta spegnendo|il database è in modalità di ripristino|"
        "データベースシステムは起動処理中です|データベースシステムはシャットダウンしています|"
        "データベースシステムはリカバリモードです|데이터베이스 시스템이 새로 가동 중입니다.|"
        "데이터베이스 시스템이 중지 중입니다|데이터베이스 시스템이 자동 복구 작업 중입니다.|"
        "система баз данных запускается|система баз данных останавливается|"
        "система баз данных в режиме восстановления|数据库系统启动中|数据库系统停止中|数据库系统在恢复模式中"
    ),
    "sqlstate:57P01": (
        "verbindung wird abgebrochen aufgrund von anweisung des administrators|"
        "terminando la conexión debido a una orden del administrador|"
        "arrêt des connexions suite à la demande de l'administrateur|"
        "interruzione della connessione su comando dell'amministratore|"
        "管理者コマンドにより接続を終了しています|관리자 요청에 의해서 연결을 끝냅니다|"
        "закрытие подключения по команде администратора|由于管理员命令中断联接"
    ),
    "sqlstate:53100": (
        "konnte datei%nicht erweitern:|no se pudo extender el archivo%:|n'a pas pu étendre le fichier%:|"
        "non è stato possibile estendere il file%:|ファイル%を拡張できませんでした:|파일을 확장할 수 없음:|"
        "не удалось увеличить файл%:|无法扩展文件%:"
    ),
    "sqlstate:53200": (
        "speicher aufgebraucht|shared memory aufgebraucht|memoria agotada|memoria compartida agotada|"
        "mémoire épuisée|mémoire partagée épuisée|memoria esaurita|memoria condivisa esaurita|メモリ不足です|"
        "共有メモリが足りません|메모리 부족|공유 메모리 부족|нехватка памяти|нехватка разделяемой памяти|"
        "内存用尽|共享内存用尽"
    ),
    "sqlstate:53400": (
        "größe der temporären datei überschreitet temp_file_limit (%kb)|"
        "el tamaño del archivo temporal excede temp_file_limit permitido (%kb)|"
        "la taille du fichier temporaire dépasse temp_file_limit (%ko)|"
        "la dimensione del file temporaneo supera temp_file_limit (%kb)|"
        "一時ファイルのサイズがtemp_file_limit(%kb)を超えています|"
        "임시 파일 크기가 temp_file_limit (%kb)를 초과했습니다|"
        "размер временного файла превышает предел temp_file_limit (%кб)|"
        "临时文件大小超过最大允许值temp_file_limit(%kb)"
    ),
    "sqlstate:25006": (
        "kann nicht in einer read-only-transaktion ausgeführt werden|"
        "no se puede ejecutar%en una transacción de sólo lectura|"
        "ne peut pas exécuter%dans une transaction en lecture seule|"
        "non è possibile eseguire%in una transazione a sola lettura|"
        "リードオンリーのトランザクションでは%を実行できません|"
        "읽기 전용 트랜잭션에서는%명령을 실행할 수 없습니다.|"
        'в транзакции в режиме "только чтение" нельзя выполнить|不能在一个只读模式的事务中执行'
    ),
    "sqlstate:25P02": (
        "aktuelle transaktion wurde abgebrochen, befehle werden bis zum ende der transaktion ignoriert|"
        "transacción abortada, las órdenes serán ignoradas hasta el fin de bloque de transacción|"
        "la transaction est annulée, les commandes sont ignorées jusqu'à la fin du bloc\nde la transaction|"
        "la transazione corrente è interrotta, i comandi saranno ignorati fino alla fine del blocco della transazione|"
        "現在のトランザクションがアボートしました。トランザクションブロックが終わるまでコマンドは無視されます|"
        "현재 트랜잭션은 중지되어 있습니다. 이 트랜잭션을 종료하기 전까지는 모든 명령이 무시될 것입니다|"
        "текущая транзакция прервана, команды до конца блока транзакции игнорируются|"
        "当前事务被终止, 事务块结束之前的查询被忽略"
    ),
    "sqlstate:25P03": (
        "verbindung wird abgebrochen wegen zeitüberschreitung in inaktiver transaktion|"
        "terminando la conexión debido a que se agotó el tiempo de espera para transacciones abiertas inactivas|"
        "arrêt des connexions suite à l'expiration du délai d'inactivité en transaction|"
        "la connessione è stata terminata a causa di timeout di inattività durante una transazione|"
        "トランザクション中アイドルタイムアウトのため接続を終了します|"
        "idle-in-transaction 시간 초과로 연결을 끝냅니다|"
        "закрытие подключения из-за тайм-аута простоя в транзакции|由于空载事务超时而终止连接"
    ),
    "postgres:statement_timeout": (
        "storniere anfrage wegen zeitüberschreitung der anfrage|"
        "cancelando la sentencia debido a que se agotó el tiempo de espera de sentencias|"
        "annulation de la requête à cause du délai écoulé pour l'exécution de l'instruction|"
        "annullamento dell'istruzione a causa di timeout|"
        "ステートメントのタイムアウトのためステートメントをキャンセルしています|"
        "명령실행시간 초과로 작업을 취소합니다.|выполнение оператора отменено из-за тайм-аута|"
        "由于语句执行超时，正在取消查询命令"
    ),
    "postgres:user_request": (
        "storniere anfrage wegen benutzeraufforderung|"
        "cancelando la sentencia debido a una petición del usuario|"
        "annulation de la requête à la demande de l'utilisateur|"
        "annullamento dell'istruzione su richiesta dell'utente|"
        "ユーザーからの要求により文をキャンセルしています|사용자 요청에 의해 작업을 취소합니다.|"
        "выполнение оператора отменено по запросу пользователя|由于用户请求而正在取消查询"
    ),
}
