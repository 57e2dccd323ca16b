"""The words of which the worlds' requests are made."""

EN = """export invoice printer label warehouse order payment login report mailbox calendar scanner backup update
license certificate proxy queue widget address customer timeout password sync import archive search filter language"""
JA = "申請 請求書 印刷 倉庫 注文 支払い ログイン 報告 予定表 更新 証明書 住所 同期 取込 検索 絞り込み 言語 アクセス 権限 障害"
WORDS_EN, WORDS_JA = EN.split(), JA.split()
RARE = "xylograph"
