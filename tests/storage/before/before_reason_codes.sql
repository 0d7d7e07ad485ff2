BEGIN TRANSACTION;
CREATE TABLE accounts (
	"key" INTEGER NOT NULL, 
	provider VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	blocked_until FLOAT, 
	refusals INTEGER NOT NULL, 
	learned JSON, 
	PRIMARY KEY ("key"), 
	UNIQUE (provider, digest)
);
INSERT INTO "accounts" VALUES(1,'VirusTotal','9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238',NULL,0,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE analyses (
	job_key INTEGER NOT NULL, 
	mode VARCHAR NOT NULL, tlp VARCHAR, shows_plan BOOLEAN, 
	PRIMARY KEY (job_key), 
	FOREIGN KEY(job_key) REFERENCES jobs ("key") ON DELETE CASCADE
);
INSERT INTO "analyses" VALUES(1,'online',NULL,0);
INSERT INTO "analyses" VALUES(2,'offline',NULL,0);
INSERT INTO "analyses" VALUES(3,'offline','RED',0);
INSERT INTO "analyses" VALUES(4,'online',NULL,0);
INSERT INTO "analyses" VALUES(5,'online',NULL,0);
INSERT INTO "analyses" VALUES(6,'online',NULL,0);
INSERT INTO "analyses" VALUES(7,'online',NULL,0);
INSERT INTO "analyses" VALUES(8,'online',NULL,0);
INSERT INTO "analyses" VALUES(9,'online',NULL,0);
CREATE TABLE answer_names (
	account_key INTEGER NOT NULL, 
	name BLOB NOT NULL, 
	answer_key INTEGER NOT NULL, 
	PRIMARY KEY (account_key, name), 
	FOREIGN KEY(account_key) REFERENCES accounts ("key") ON DELETE CASCADE, 
	FOREIGN KEY(answer_key) REFERENCES answers ("key") ON DELETE CASCADE
);
INSERT INTO "answer_names" VALUES(1,X'0E06A6065C109F385D00898AF0C476D3',1);
INSERT INTO "answer_names" VALUES(1,X'3F8C9DEC1DE5F42E91BFACC6E582D362',1);
INSERT INTO "answer_names" VALUES(1,X'CDBF50017FFBF0A27EBDD909E3FC9C2B',1);
INSERT INTO "answer_names" VALUES(1,X'89B3A0E71C32C78EA284AA928ED0E1E6',2);
INSERT INTO "answer_names" VALUES(1,X'A4945ABD73AD0B9A42C6FBA5431452BC',3);
INSERT INTO "answer_names" VALUES(1,X'36CC9D793B5F025CD152D73561BE1FEB',4);
INSERT INTO "answer_names" VALUES(1,X'1A3CC5E180A43271DED94338FB72CF12',5);
INSERT INTO "answer_names" VALUES(1,X'F0CF158ABED675E406DEBC9CB641B766',6);
INSERT INTO "answer_names" VALUES(1,X'662A27F8F873172E101555FC7D02C7BE',6);
INSERT INTO "answer_names" VALUES(1,X'5CB5753B8B857A2F1472440DBDD1FC44',6);
INSERT INTO "answer_names" VALUES(1,X'FB3A84ADF854C00B5215484DD4029A0A',7);
INSERT INTO "answer_names" VALUES(1,X'D835BCF2859D115C5089615A5D3C81CD',7);
INSERT INTO "answer_names" VALUES(1,X'0AD0409F144594A347261F7B276F0875',7);
INSERT INTO "answer_names" VALUES(1,X'5A5884CDD1A55179CF4666734E31BE1C',8);
INSERT INTO "answer_names" VALUES(1,X'51D7AA33CBB3F13716BF4D84697A73AD',8);
INSERT INTO "answer_names" VALUES(1,X'511CF9DA1294ACA9FE28A6807528A6E5',8);
INSERT INTO "answer_names" VALUES(1,X'AF2F1577A3214A3D0D93E24473708792',9);
INSERT INTO "answer_names" VALUES(1,X'F1F6FF7C91402E34D45FEF8241FE4845',10);
INSERT INTO "answer_names" VALUES(1,X'5B340280060158DF7556C32067CFC08F',11);
INSERT INTO "answer_names" VALUES(1,X'E72DBB9F315FC937A931FA74497E6E10',12);
INSERT INTO "answer_names" VALUES(1,X'C650B06A5B7B1D2D8110ED8C5224D4D4',13);
CREATE TABLE answer_uses (
	answer_key INTEGER NOT NULL, 
	job_key INTEGER NOT NULL, 
	PRIMARY KEY (answer_key, job_key), 
	FOREIGN KEY(answer_key) REFERENCES answers ("key") ON DELETE CASCADE, 
	FOREIGN KEY(job_key) REFERENCES jobs ("key") ON DELETE CASCADE
);
INSERT INTO "answer_uses" VALUES(1,1);
INSERT INTO "answer_uses" VALUES(2,1);
INSERT INTO "answer_uses" VALUES(3,1);
INSERT INTO "answer_uses" VALUES(4,1);
INSERT INTO "answer_uses" VALUES(5,1);
INSERT INTO "answer_uses" VALUES(3,4);
INSERT INTO "answer_uses" VALUES(4,5);
INSERT INTO "answer_uses" VALUES(3,5);
INSERT INTO "answer_uses" VALUES(6,5);
INSERT INTO "answer_uses" VALUES(7,5);
INSERT INTO "answer_uses" VALUES(8,5);
INSERT INTO "answer_uses" VALUES(9,5);
INSERT INTO "answer_uses" VALUES(10,5);
INSERT INTO "answer_uses" VALUES(11,5);
INSERT INTO "answer_uses" VALUES(12,6);
INSERT INTO "answer_uses" VALUES(13,8);
CREATE TABLE answers (
	"key" INTEGER NOT NULL, 
	account_key INTEGER NOT NULL, 
	verdict VARCHAR, 
	outcome JSON NOT NULL, 
	fetched_at DATETIME NOT NULL, 
	PRIMARY KEY ("key"), 
	FOREIGN KEY(account_key) REFERENCES accounts ("key") ON DELETE CASCADE
);
INSERT INTO "answers" VALUES(1,1,'malicious','{"detection_count": 47, "total_engines": 68, "scan_date": "2025-11-19T22:08:20Z", "fetched_at": "2026-11-27T21:34:28.522915+00:00", "raw_stats": {"malicious": 47, "suspicious": 0, "harmless": 0, "undetected": 21}, "details": [["Threat", "trojan.exampleloader/generic"], ["Names", "update.exe, invoice_2025.exe"], ["File type", "Win32 EXE"], ["Size", "204\u202f800 bytes"], ["First submitted", "2025-11-17"], ["Last submitted", "2025-11-19"], ["SHA-256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"], ["MD5", "0f273b7599dec3559b78f20045743b0a"], ["Flagged by", "Engine Alpha"], ["Tags", "peexe, checks-network-adapters"], ["Reputation", "-30"], ["Community votes", "9 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/file/5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "aliases": [["md5", "0f273b7599dec3559b78f20045743b0a"], ["sha1", "adc3f627e837d597976411dbef15c2fb38946ef9"], ["sha256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"]], "fresh_until": "2026-11-28T21:34:28.522915+00:00"}','2026-11-27 21:34:28.522915');
INSERT INTO "answers" VALUES(2,1,'malicious','{"detection_count": 14, "total_engines": 94, "scan_date": "2025-11-20T01:10:00Z", "fetched_at": "2026-11-27T21:34:28.541352+00:00", "raw_stats": {"malicious": 14, "suspicious": 1, "harmless": 54, "undetected": 25}, "details": [["Registrar", "Example Registrar Inc."], ["Registered", "2025-10-09, 414 days ago"], ["Categories", "malware sites, newly registered websites"], ["Popularity", "Example Umbrella: 812\u202f345"], ["Flagged by", "Engine Alpha"], ["Tags", "dga"], ["Reputation", "-5"], ["Community votes", "6 malicious, 1 harmless"]], "link": "https://www.virustotal.com/gui/domain/files.example.net", "aliases": [["domain", "files.example.net"]], "fresh_until": "2026-11-28T21:34:28.541352+00:00"}','2026-11-27 21:34:28.541352');
INSERT INTO "answers" VALUES(3,1,'malicious','{"detection_count": 9, "total_engines": 94, "scan_date": "2025-11-20T00:53:20Z", "fetched_at": "2026-11-27T21:34:28.545749+00:00", "raw_stats": {"malicious": 9, "suspicious": 2, "harmless": 57, "undetected": 26}, "details": [["Owner", "Example Hosting Ltd"], ["AS", "AS64500"], ["Network", "185.220.101.0/24"], ["Country", "NL"], ["Flagged by", "Engine Alpha, Engine Beta"], ["Tags", "self-signed"], ["Reputation", "-12"], ["Community votes", "4 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/ip-address/185.220.101.45", "aliases": [["ipv4", "185.220.101.45"]], "fresh_until": "2026-11-28T21:34:28.545749+00:00"}','2026-11-27 21:34:28.545749');
INSERT INTO "answers" VALUES(4,1,NULL,'{"detection_count": null, "total_engines": 0, "scan_date": null, "fetched_at": "2026-11-27T21:34:28.547609+00:00", "raw_stats": {}, "details": [["Owner", "Paper Lantern Networks"], ["AS", "AS64502"], ["Network", "45.137.21.0/24"], ["Country", "DE"], ["Reputation", "0"], ["Community votes", "0 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/ip-address/45.137.21.9", "aliases": [["ipv4", "45.137.21.9"]], "fresh_until": "2026-11-28T21:34:28.547609+00:00"}','2026-11-27 21:34:28.547609');
INSERT INTO "answers" VALUES(5,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:28.558037+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["ipv4", "45.137.21.10"]], "fresh_until": "2026-11-28T01:34:28.558037+00:00"}','2026-11-27 21:34:28.558037');
INSERT INTO "answers" VALUES(6,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.703763+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["sha256", "5f1b690ffe6f0048394f3cd6279e00b49352d3af8d9446a5151a9569e5413503"], ["md5", "e5897dc7351ee01fa9ab79e0accf2bdf"], ["sha1", "4b82f3a701491aa9521f6934c1f79083f333313c"]], "fresh_until": "2026-11-28T01:34:29.703763+00:00"}','2026-11-27 21:34:29.703763');
INSERT INTO "answers" VALUES(7,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.712903+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["sha256", "237b731d959aa267ade65181d4f95e510e5bbac5064a4f1f01f29c05f8df0d5b"], ["md5", "97aa5522df2c013c4ae80855d38dd5b1"], ["sha1", "39e559d58f989125c855fc1c19f38927e768e069"]], "fresh_until": "2026-11-28T01:34:29.712903+00:00"}','2026-11-27 21:34:29.712903');
INSERT INTO "answers" VALUES(8,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.713327+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["sha256", "1ee6861a2cec7fc4ae5abf45418aefcf5872e0fdebb0a7b6b4d131c0ea47bd88"], ["md5", "9b52736c4c5954ce16585cb09d369e2d"], ["sha1", "d1f9f2c733668947190f6f40fe148ec718e8fbaa"]], "fresh_until": "2026-11-28T01:34:29.713327+00:00"}','2026-11-27 21:34:29.713327');
INSERT INTO "answers" VALUES(9,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.716549+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["domain", "second.evil-mailer.net"]], "fresh_until": "2026-11-28T01:34:29.716549+00:00"}','2026-11-27 21:34:29.716549');
INSERT INTO "answers" VALUES(10,1,'malicious','{"detection_count": 11, "total_engines": 94, "scan_date": "2025-11-20T00:21:40Z", "fetched_at": "2026-11-27T21:34:29.717154+00:00", "raw_stats": {"malicious": 11, "suspicious": 3, "harmless": 53, "undetected": 27}, "details": [["Final URL", "hxxp://files[.]example[.]net/invoice/update.exe"], ["Response", "200"], ["Categories", "malware sites"], ["Threat names", "Mal/Example-A"], ["First submitted", "2025-11-17"], ["Flagged by", "Engine Alpha"], ["Tags", "downloads-pe"], ["Reputation", "-1"], ["Community votes", "1 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/url/5adbd75d8bfe938aa2f82bf3cac93a6cf0e65a3e48f12da402fa487a3eee37b1", "aliases": [["url", "http://files.example.net/invoice/update.exe"]], "fresh_until": "2026-11-28T21:34:29.717154+00:00"}','2026-11-27 21:34:29.717154');
INSERT INTO "answers" VALUES(11,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.718660+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["url", "http://other.evil-mailer.net/x"]], "fresh_until": "2026-11-28T01:34:29.718660+00:00"}','2026-11-27 21:34:29.718660');
INSERT INTO "answers" VALUES(12,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.816291+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["ipv4", "8.8.4.4"]], "fresh_until": "2026-11-28T01:34:29.816291+00:00"}','2026-11-27 21:34:29.816291');
INSERT INTO "answers" VALUES(13,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:30.064221+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["ipv4", "9.9.8.1"]], "fresh_until": "2026-11-28T01:34:30.064221+00:00"}','2026-11-27 21:34:30.064221');
CREATE TABLE clocks (
	boot VARCHAR NOT NULL, 
	"offset" FLOAT NOT NULL, 
	PRIMARY KEY (boot)
);
INSERT INTO "clocks" VALUES('266c5d87-b16b-476e-85af-a9d5bee04c44',1.79580814836977458001e+09);
CREATE TABLE documents (
	job_key INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	name TEXT, parent INTEGER, part TEXT, path BLOB, follows_links BOOLEAN, size BIGINT, md5 VARCHAR, sha1 VARCHAR, sha256 VARCHAR, state VARCHAR, reason TEXT, 
	PRIMARY KEY (job_key, position), 
	FOREIGN KEY(job_key) REFERENCES jobs ("key") ON DELETE CASCADE
);
INSERT INTO "documents" VALUES(1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "documents" VALUES(2,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "documents" VALUES(3,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "documents" VALUES(4,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "documents" VALUES(5,0,'invoice.eml',NULL,NULL,NULL,0,364,'e5897dc7351ee01fa9ab79e0accf2bdf','4b82f3a701491aa9521f6934c1f79083f333313c','5f1b690ffe6f0048394f3cd6279e00b49352d3af8d9446a5151a9569e5413503','ok',NULL);
INSERT INTO "documents" VALUES(5,1,'notes.txt',NULL,NULL,NULL,0,45,'9b52736c4c5954ce16585cb09d369e2d','d1f9f2c733668947190f6f40fe148ec718e8fbaa','1ee6861a2cec7fc4ae5abf45418aefcf5872e0fdebb0a7b6b4d131c0ea47bd88','ok',NULL);
INSERT INTO "documents" VALUES(5,2,'n.txt',0,'attachment n.txt',NULL,NULL,34,'97aa5522df2c013c4ae80855d38dd5b1','39e559d58f989125c855fc1c19f38927e768e069','237b731d959aa267ade65181d4f95e510e5bbac5064a4f1f01f29c05f8df0d5b','ok',NULL);
INSERT INTO "documents" VALUES(6,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "documents" VALUES(7,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "documents" VALUES(8,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "documents" VALUES(9,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE egress (
	job_key INTEGER NOT NULL, 
	host VARCHAR NOT NULL, 
	calls INTEGER NOT NULL, 
	bytes_sent INTEGER NOT NULL, 
	bytes_received INTEGER NOT NULL, 
	PRIMARY KEY (job_key, host), 
	FOREIGN KEY(job_key) REFERENCES jobs ("key") ON DELETE CASCADE
);
INSERT INTO "egress" VALUES(1,'127.0.0.1',5,1014,6387);
INSERT INTO "egress" VALUES(4,'127.0.0.1',2,390,348);
INSERT INTO "egress" VALUES(5,'127.0.0.1',6,1398,2621);
INSERT INTO "egress" VALUES(6,'127.0.0.1',1,195,172);
INSERT INTO "egress" VALUES(8,'127.0.0.1',1,195,172);
CREATE TABLE grants (
	"key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_key INTEGER NOT NULL, 
	counted_by FLOAT NOT NULL, 
	FOREIGN KEY(account_key) REFERENCES accounts ("key") ON DELETE CASCADE
);
INSERT INTO "grants" VALUES(1,1,1.79581527155026483538e+09);
CREATE TABLE iocs (
	job_key INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	type VARCHAR NOT NULL, 
	value TEXT NOT NULL, 
	raw_match TEXT NOT NULL, 
	severity SMALLINT NOT NULL, 
	PRIMARY KEY (job_key, position), 
	FOREIGN KEY(job_key) REFERENCES jobs ("key") ON DELETE CASCADE
);
INSERT INTO "iocs" VALUES(1,0,'ipv4','185.220.101.45','185.220.101[.]45',5);
INSERT INTO "iocs" VALUES(1,1,'ipv4','10.0.0.1','10.0.0.1',0);
INSERT INTO "iocs" VALUES(1,2,'domain','files.example.net','files.example.net',5);
INSERT INTO "iocs" VALUES(1,3,'url','http://files.example.net/reset?token=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA','hxxp://files[.]example[.]net/reset?token=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA',0);
INSERT INTO "iocs" VALUES(1,4,'cve','CVE-2024-3400','CVE-2024-3400',0);
INSERT INTO "iocs" VALUES(1,5,'ipv4','45.137.21.9','45.137.21.9',0);
INSERT INTO "iocs" VALUES(1,6,'ipv4','45.137.21.10','45.137.21.10',1);
INSERT INTO "iocs" VALUES(1,7,'md5','0f273b7599dec3559b78f20045743b0a','0f273b7599dec3559b78f20045743b0a',5);
INSERT INTO "iocs" VALUES(1,8,'email','anna@files.example.net','anna@files.example.net',0);
INSERT INTO "iocs" VALUES(2,0,'ipv4','185.220.101.45','185.220.101[.]45',0);
INSERT INTO "iocs" VALUES(2,1,'ipv4','10.0.0.1','10.0.0.1',0);
INSERT INTO "iocs" VALUES(2,2,'domain','files.example.net','files.example.net',0);
INSERT INTO "iocs" VALUES(2,3,'url','http://files.example.net/reset?token=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA','hxxp://files[.]example[.]net/reset?token=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA',0);
INSERT INTO "iocs" VALUES(2,4,'cve','CVE-2024-3400','CVE-2024-3400',0);
INSERT INTO "iocs" VALUES(2,5,'ipv4','45.137.21.9','45.137.21.9',0);
INSERT INTO "iocs" VALUES(2,6,'ipv4','45.137.21.10','45.137.21.10',0);
INSERT INTO "iocs" VALUES(2,7,'md5','0f273b7599dec3559b78f20045743b0a','0f273b7599dec3559b78f20045743b0a',0);
INSERT INTO "iocs" VALUES(2,8,'email','anna@files.example.net','anna@files.example.net',0);
INSERT INTO "iocs" VALUES(3,0,'ipv4','185.220.101.45','185.220.101[.]45',0);
INSERT INTO "iocs" VALUES(3,1,'ipv4','10.0.0.1','10.0.0.1',0);
INSERT INTO "iocs" VALUES(3,2,'domain','files.example.net','files.example.net',0);
INSERT INTO "iocs" VALUES(3,3,'url','http://files.example.net/reset?token=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA','hxxp://files[.]example[.]net/reset?token=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA',0);
INSERT INTO "iocs" VALUES(3,4,'cve','CVE-2024-3400','CVE-2024-3400',0);
INSERT INTO "iocs" VALUES(3,5,'ipv4','45.137.21.9','45.137.21.9',0);
INSERT INTO "iocs" VALUES(3,6,'ipv4','45.137.21.10','45.137.21.10',0);
INSERT INTO "iocs" VALUES(3,7,'md5','0f273b7599dec3559b78f20045743b0a','0f273b7599dec3559b78f20045743b0a',0);
INSERT INTO "iocs" VALUES(3,8,'email','anna@files.example.net','anna@files.example.net',0);
INSERT INTO "iocs" VALUES(4,0,'ipv4','9.9.9.9','9.9.9.9',0);
INSERT INTO "iocs" VALUES(4,1,'ipv4','185.220.101.45','185.220.101.45',5);
INSERT INTO "iocs" VALUES(5,0,'domain','second.evil-mailer.net','second.evil-mailer.net',1);
INSERT INTO "iocs" VALUES(5,1,'ipv4','45.137.21.9','45.137.21.9',0);
INSERT INTO "iocs" VALUES(5,2,'email','a@evil-mailer.net','a@evil-mailer.net',0);
INSERT INTO "iocs" VALUES(5,3,'email','b@example.org','b@example.org',0);
INSERT INTO "iocs" VALUES(5,4,'url','http://files.example.net/invoice/update.exe','http://files.example.net/invoice/update.exe',5);
INSERT INTO "iocs" VALUES(5,5,'ipv4','185.220.101.45','185.220.101.45',0);
INSERT INTO "iocs" VALUES(5,6,'md5','e5897dc7351ee01fa9ab79e0accf2bdf','e5897dc7351ee01fa9ab79e0accf2bdf',1);
INSERT INTO "iocs" VALUES(5,7,'sha1','4b82f3a701491aa9521f6934c1f79083f333313c','4b82f3a701491aa9521f6934c1f79083f333313c',1);
INSERT INTO "iocs" VALUES(5,8,'sha256','5f1b690ffe6f0048394f3cd6279e00b49352d3af8d9446a5151a9569e5413503','5f1b690ffe6f0048394f3cd6279e00b49352d3af8d9446a5151a9569e5413503',1);
INSERT INTO "iocs" VALUES(5,9,'md5','97aa5522df2c013c4ae80855d38dd5b1','97aa5522df2c013c4ae80855d38dd5b1',1);
INSERT INTO "iocs" VALUES(5,10,'sha1','39e559d58f989125c855fc1c19f38927e768e069','39e559d58f989125c855fc1c19f38927e768e069',1);
INSERT INTO "iocs" VALUES(5,11,'sha256','237b731d959aa267ade65181d4f95e510e5bbac5064a4f1f01f29c05f8df0d5b','237b731d959aa267ade65181d4f95e510e5bbac5064a4f1f01f29c05f8df0d5b',1);
INSERT INTO "iocs" VALUES(5,12,'url','http://other.evil-mailer.net/x','http://other.evil-mailer.net/x',1);
INSERT INTO "iocs" VALUES(5,13,'md5','9b52736c4c5954ce16585cb09d369e2d','9b52736c4c5954ce16585cb09d369e2d',1);
INSERT INTO "iocs" VALUES(5,14,'sha1','d1f9f2c733668947190f6f40fe148ec718e8fbaa','d1f9f2c733668947190f6f40fe148ec718e8fbaa',1);
INSERT INTO "iocs" VALUES(5,15,'sha256','1ee6861a2cec7fc4ae5abf45418aefcf5872e0fdebb0a7b6b4d131c0ea47bd88','1ee6861a2cec7fc4ae5abf45418aefcf5872e0fdebb0a7b6b4d131c0ea47bd88',1);
INSERT INTO "iocs" VALUES(6,0,'ipv4','8.8.4.4','8.8.4.4',1);
INSERT INTO "iocs" VALUES(6,1,'ipv4','1.1.1.1','1.1.1.1',0);
INSERT INTO "iocs" VALUES(6,2,'url','http://u:pw@files.example.net/x','http://u:pw@files.example.net/x',0);
INSERT INTO "iocs" VALUES(7,0,'ipv4','8.8.4.5','8.8.4.5',0);
INSERT INTO "iocs" VALUES(7,1,'url','http://u:pw@files.example.net/y','http://u:pw@files.example.net/y',0);
INSERT INTO "iocs" VALUES(8,0,'ipv4','9.9.8.1','9.9.8.1',1);
INSERT INTO "iocs" VALUES(8,1,'ipv4','9.9.8.2','9.9.8.2',0);
INSERT INTO "iocs" VALUES(8,2,'ipv4','9.9.8.3','9.9.8.3',0);
INSERT INTO "iocs" VALUES(8,3,'ipv4','9.9.8.4','9.9.8.4',0);
INSERT INTO "iocs" VALUES(9,0,'ipv4','9.9.7.1','9.9.7.1',0);
INSERT INTO "iocs" VALUES(9,1,'ipv4','9.9.7.2','9.9.7.2',0);
INSERT INTO "iocs" VALUES(9,2,'ipv4','9.9.7.3','9.9.7.3',0);
INSERT INTO "iocs" VALUES(9,3,'ipv4','9.9.7.4','9.9.7.4',0);
CREATE TABLE jobs (
	"key" INTEGER NOT NULL, 
	id VARCHAR NOT NULL, 
	job_type VARCHAR NOT NULL, 
	target TEXT, 
	state VARCHAR NOT NULL, 
	phase VARCHAR, 
	progress_percent SMALLINT, 
	message TEXT, 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	finished_at DATETIME, 
	last_seq INTEGER NOT NULL, report JSON, 
	PRIMARY KEY ("key"), 
	UNIQUE (id)
);
INSERT INTO "jobs" VALUES(1,'12d3bfd2dff848839138bbe62f5a731a','analysis',NULL,'success',NULL,NULL,NULL,'2026-11-27 21:34:28.455259','2026-11-27 21:34:28.520463','2026-11-27 21:34:28.596139',14,NULL);
INSERT INTO "jobs" VALUES(2,'165a911bf8cf4392857ba0ef83471af3','analysis',NULL,'success',NULL,NULL,NULL,'2026-11-27 21:34:28.696150',NULL,'2026-11-27 21:34:28.696328',0,NULL);
INSERT INTO "jobs" VALUES(3,'beee463082dd4fc997a34016a3dc84a5','analysis',NULL,'success',NULL,NULL,NULL,'2026-11-27 21:34:28.702289',NULL,'2026-11-27 21:34:28.702443',0,NULL);
INSERT INTO "jobs" VALUES(4,'70912a06f0724f549c33dc5ef693292a','analysis',NULL,'success',NULL,NULL,'1 could not be checked.','2026-11-27 21:34:28.708324','2026-11-27 21:34:28.759155','2026-11-27 21:34:28.759338',3,NULL);
INSERT INTO "jobs" VALUES(5,'b9a6b29b52e5492cbe6ca7184ef04be9','import',NULL,'success',NULL,NULL,NULL,'2026-11-27 21:34:28.809626','2026-11-27 21:34:28.857656','2026-11-27 21:34:29.736006',28,NULL);
INSERT INTO "jobs" VALUES(6,'af43e5347c89418b920733784a5e94c0','analysis',NULL,'success',NULL,NULL,NULL,'2026-11-27 21:34:29.798229','2026-11-27 21:34:29.805559','2026-11-27 21:34:29.854369',5,NULL);
INSERT INTO "jobs" VALUES(7,'a9cfe993903e4cdbadf13827812c2398','analysis',NULL,'queued','planned',NULL,NULL,'2026-11-27 21:34:29.877200',NULL,NULL,2,NULL);
INSERT INTO "jobs" VALUES(8,'aae0a355bacd4604bfbb4e00ccb71a66','analysis',NULL,'cancelled',NULL,NULL,'3 not asked: cancelled.','2026-11-27 21:34:30.023224','2026-11-27 21:34:30.089983','2026-11-27 21:34:31.570822',11,NULL);
INSERT INTO "jobs" VALUES(9,'7ce1c17132e843ad816b49759fbd7780','analysis',NULL,'paused',NULL,NULL,NULL,'2026-11-27 21:34:31.592117','2026-11-27 21:34:31.638308',NULL,12,NULL);
CREATE TABLE lookups (
	job_key INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	provider VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	verdict VARCHAR, 
	attempts INTEGER NOT NULL, 
	owner VARCHAR, 
	not_before DATETIME, 
	outcome JSON, 
	reason TEXT, 
	seq INTEGER NOT NULL, rank INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (job_key, position, provider), 
	FOREIGN KEY(job_key, position) REFERENCES iocs (job_key, position) ON DELETE CASCADE
);
INSERT INTO "lookups" VALUES(1,0,'VirusTotal','answered','malicious',1,NULL,NULL,'{"detection_count": 9, "total_engines": 94, "scan_date": "2025-11-20T00:53:20Z", "fetched_at": "2026-11-27T21:34:28.545749+00:00", "raw_stats": {"malicious": 9, "suspicious": 2, "harmless": 57, "undetected": 26}, "details": [["Owner", "Example Hosting Ltd"], ["AS", "AS64500"], ["Network", "185.220.101.0/24"], ["Country", "NL"], ["Flagged by", "Engine Alpha, Engine Beta"], ["Tags", "self-signed"], ["Reputation", "-12"], ["Community votes", "4 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/ip-address/185.220.101.45", "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T21:34:28.545749+00:00"}',NULL,12,2);
INSERT INTO "lookups" VALUES(1,1,'VirusTotal','not_asked',NULL,0,NULL,NULL,NULL,'private address (RFC 1918)',2,0);
INSERT INTO "lookups" VALUES(1,2,'VirusTotal','answered','malicious',1,NULL,NULL,'{"detection_count": 14, "total_engines": 94, "scan_date": "2025-11-20T01:10:00Z", "fetched_at": "2026-11-27T21:34:28.541352+00:00", "raw_stats": {"malicious": 14, "suspicious": 1, "harmless": 54, "undetected": 25}, "details": [["Registrar", "Example Registrar Inc."], ["Registered", "2025-10-09, 414 days ago"], ["Categories", "malware sites, newly registered websites"], ["Popularity", "Example Umbrella: 812\u202f345"], ["Flagged by", "Engine Alpha"], ["Tags", "dga"], ["Reputation", "-5"], ["Community votes", "6 malicious, 1 harmless"]], "link": "https://www.virustotal.com/gui/domain/files.example.net", "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T21:34:28.541352+00:00"}',NULL,11,1);
INSERT INTO "lookups" VALUES(1,3,'VirusTotal','not_asked',NULL,0,NULL,NULL,NULL,'carries a secret (parameter token)',4,0);
INSERT INTO "lookups" VALUES(1,4,'','not_asked',NULL,0,NULL,NULL,NULL,'type not supported by any provider',5,0);
INSERT INTO "lookups" VALUES(1,5,'VirusTotal','answered',NULL,1,NULL,NULL,'{"detection_count": null, "total_engines": 0, "scan_date": null, "fetched_at": "2026-11-27T21:34:28.547609+00:00", "raw_stats": {}, "details": [["Owner", "Paper Lantern Networks"], ["AS", "AS64502"], ["Network", "45.137.21.0/24"], ["Country", "DE"], ["Reputation", "0"], ["Community votes", "0 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/ip-address/45.137.21.9", "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T21:34:28.547609+00:00"}',NULL,13,3);
INSERT INTO "lookups" VALUES(1,6,'VirusTotal','not_found','not_found',1,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:28.558037+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T01:34:28.558037+00:00"}',NULL,14,4);
INSERT INTO "lookups" VALUES(1,7,'VirusTotal','answered','malicious',1,NULL,NULL,'{"detection_count": 47, "total_engines": 68, "scan_date": "2025-11-19T22:08:20Z", "fetched_at": "2026-11-27T21:34:28.522915+00:00", "raw_stats": {"malicious": 47, "suspicious": 0, "harmless": 0, "undetected": 21}, "details": [["Threat", "trojan.exampleloader/generic"], ["Names", "update.exe, invoice_2025.exe"], ["File type", "Win32 EXE"], ["Size", "204\u202f800 bytes"], ["First submitted", "2025-11-17"], ["Last submitted", "2025-11-19"], ["SHA-256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"], ["MD5", "0f273b7599dec3559b78f20045743b0a"], ["Flagged by", "Engine Alpha"], ["Tags", "peexe, checks-network-adapters"], ["Reputation", "-30"], ["Community votes", "9 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/file/5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [["sha1", "adc3f627e837d597976411dbef15c2fb38946ef9"], ["sha256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"]], "fresh_until": "2026-11-28T21:34:28.522915+00:00"}',NULL,10,0);
INSERT INTO "lookups" VALUES(1,8,'','not_asked',NULL,0,NULL,NULL,NULL,'type not supported by any provider',9,0);
INSERT INTO "lookups" VALUES(4,0,'VirusTotal','could_not_check',NULL,2,NULL,NULL,'{"error": "VirusTotal is out of order (HTTP 502).", "kind": "unavailable", "retry_after": null, "fetched_at": "2026-11-27T21:34:28.747207+00:00"}',NULL,3,0);
INSERT INTO "lookups" VALUES(4,1,'VirusTotal','answered','malicious',0,NULL,NULL,'{"detection_count": 9, "total_engines": 94, "scan_date": "2025-11-20T00:53:20Z", "fetched_at": "2026-11-27T21:34:28.545749+00:00", "raw_stats": {"malicious": 9, "suspicious": 2, "harmless": 57, "undetected": 26}, "details": [["Owner", "Example Hosting Ltd"], ["AS", "AS64500"], ["Network", "185.220.101.0/24"], ["Country", "NL"], ["Flagged by", "Engine Alpha, Engine Beta"], ["Tags", "self-signed"], ["Reputation", "-12"], ["Community votes", "4 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/ip-address/185.220.101.45", "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T21:34:28.545749+00:00"}',NULL,2,1);
INSERT INTO "lookups" VALUES(5,0,'VirusTotal','not_found','not_found',1,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.716549+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T01:34:29.716549+00:00"}',NULL,26,9);
INSERT INTO "lookups" VALUES(5,1,'VirusTotal','answered',NULL,0,NULL,NULL,'{"detection_count": null, "total_engines": 0, "scan_date": null, "fetched_at": "2026-11-27T21:34:28.547609+00:00", "raw_stats": {}, "details": [["Owner", "Paper Lantern Networks"], ["AS", "AS64502"], ["Network", "45.137.21.0/24"], ["Country", "DE"], ["Reputation", "0"], ["Community votes", "0 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/ip-address/45.137.21.9", "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T21:34:28.547609+00:00"}',NULL,2,12);
INSERT INTO "lookups" VALUES(5,2,'','not_asked',NULL,0,NULL,NULL,NULL,'type not supported by any provider',3,0);
INSERT INTO "lookups" VALUES(5,3,'','not_asked',NULL,0,NULL,NULL,NULL,'type not supported by any provider',4,0);
INSERT INTO "lookups" VALUES(5,4,'VirusTotal','answered','malicious',1,NULL,NULL,'{"detection_count": 11, "total_engines": 94, "scan_date": "2025-11-20T00:21:40Z", "fetched_at": "2026-11-27T21:34:29.717154+00:00", "raw_stats": {"malicious": 11, "suspicious": 3, "harmless": 53, "undetected": 27}, "details": [["Final URL", "hxxp://files[.]example[.]net/invoice/update.exe"], ["Response", "200"], ["Categories", "malware sites"], ["Threat names", "Mal/Example-A"], ["First submitted", "2025-11-17"], ["Flagged by", "Engine Alpha"], ["Tags", "downloads-pe"], ["Reputation", "-1"], ["Community votes", "1 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/url/5adbd75d8bfe938aa2f82bf3cac93a6cf0e65a3e48f12da402fa487a3eee37b1", "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T21:34:29.717154+00:00"}',NULL,27,10);
INSERT INTO "lookups" VALUES(5,5,'VirusTotal','answered','malicious',0,NULL,NULL,'{"detection_count": 9, "total_engines": 94, "scan_date": "2025-11-20T00:53:20Z", "fetched_at": "2026-11-27T21:34:28.545749+00:00", "raw_stats": {"malicious": 9, "suspicious": 2, "harmless": 57, "undetected": 26}, "details": [["Owner", "Example Hosting Ltd"], ["AS", "AS64500"], ["Network", "185.220.101.0/24"], ["Country", "NL"], ["Flagged by", "Engine Alpha, Engine Beta"], ["Tags", "self-signed"], ["Reputation", "-12"], ["Community votes", "4 malicious, 0 harmless"]], "link": "https://www.virustotal.com/gui/ip-address/185.220.101.45", "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T21:34:28.545749+00:00"}',NULL,6,13);
INSERT INTO "lookups" VALUES(5,6,'VirusTotal','not_found','not_found',0,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.703763+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [["sha256", "5f1b690ffe6f0048394f3cd6279e00b49352d3af8d9446a5151a9569e5413503"], ["sha1", "4b82f3a701491aa9521f6934c1f79083f333313c"]], "fresh_until": "2026-11-28T01:34:29.703763+00:00"}',NULL,18,6);
INSERT INTO "lookups" VALUES(5,7,'VirusTotal','not_found','not_found',0,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.703763+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [["sha256", "5f1b690ffe6f0048394f3cd6279e00b49352d3af8d9446a5151a9569e5413503"], ["md5", "e5897dc7351ee01fa9ab79e0accf2bdf"]], "fresh_until": "2026-11-28T01:34:29.703763+00:00"}',NULL,19,3);
INSERT INTO "lookups" VALUES(5,8,'VirusTotal','not_found','not_found',1,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.703763+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [["md5", "e5897dc7351ee01fa9ab79e0accf2bdf"], ["sha1", "4b82f3a701491aa9521f6934c1f79083f333313c"]], "fresh_until": "2026-11-28T01:34:29.703763+00:00"}',NULL,17,0);
INSERT INTO "lookups" VALUES(5,9,'VirusTotal','not_found','not_found',0,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.712903+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [["sha256", "237b731d959aa267ade65181d4f95e510e5bbac5064a4f1f01f29c05f8df0d5b"], ["sha1", "39e559d58f989125c855fc1c19f38927e768e069"]], "fresh_until": "2026-11-28T01:34:29.712903+00:00"}',NULL,21,7);
INSERT INTO "lookups" VALUES(5,10,'VirusTotal','not_found','not_found',0,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.712903+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [["sha256", "237b731d959aa267ade65181d4f95e510e5bbac5064a4f1f01f29c05f8df0d5b"], ["md5", "97aa5522df2c013c4ae80855d38dd5b1"]], "fresh_until": "2026-11-28T01:34:29.712903+00:00"}',NULL,22,4);
INSERT INTO "lookups" VALUES(5,11,'VirusTotal','not_found','not_found',1,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.712903+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [["md5", "97aa5522df2c013c4ae80855d38dd5b1"], ["sha1", "39e559d58f989125c855fc1c19f38927e768e069"]], "fresh_until": "2026-11-28T01:34:29.712903+00:00"}',NULL,20,1);
INSERT INTO "lookups" VALUES(5,12,'VirusTotal','not_found','not_found',1,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.718660+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T01:34:29.718660+00:00"}',NULL,28,11);
INSERT INTO "lookups" VALUES(5,13,'VirusTotal','not_found','not_found',0,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.713327+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [["sha256", "1ee6861a2cec7fc4ae5abf45418aefcf5872e0fdebb0a7b6b4d131c0ea47bd88"], ["sha1", "d1f9f2c733668947190f6f40fe148ec718e8fbaa"]], "fresh_until": "2026-11-28T01:34:29.713327+00:00"}',NULL,24,8);
INSERT INTO "lookups" VALUES(5,14,'VirusTotal','not_found','not_found',0,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.713327+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [["sha256", "1ee6861a2cec7fc4ae5abf45418aefcf5872e0fdebb0a7b6b4d131c0ea47bd88"], ["md5", "9b52736c4c5954ce16585cb09d369e2d"]], "fresh_until": "2026-11-28T01:34:29.713327+00:00"}',NULL,25,5);
INSERT INTO "lookups" VALUES(5,15,'VirusTotal','not_found','not_found',1,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.713327+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [["md5", "9b52736c4c5954ce16585cb09d369e2d"], ["sha1", "d1f9f2c733668947190f6f40fe148ec718e8fbaa"]], "fresh_until": "2026-11-28T01:34:29.713327+00:00"}',NULL,23,2);
INSERT INTO "lookups" VALUES(6,0,'VirusTotal','not_found','not_found',1,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:29.816291+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T01:34:29.816291+00:00"}',NULL,5,0);
INSERT INTO "lookups" VALUES(6,1,'VirusTotal','not_asked',NULL,0,NULL,NULL,NULL,'left out in the plan',4,1);
INSERT INTO "lookups" VALUES(6,2,'VirusTotal','not_asked',NULL,0,NULL,NULL,NULL,'carries a password',3,0);
INSERT INTO "lookups" VALUES(7,0,'VirusTotal','pending',NULL,0,NULL,NULL,NULL,NULL,1,0);
INSERT INTO "lookups" VALUES(7,1,'VirusTotal','not_asked',NULL,0,NULL,NULL,NULL,'carries a password',2,0);
INSERT INTO "lookups" VALUES(8,0,'VirusTotal','not_found','not_found',1,NULL,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-27T21:34:30.064221+00:00", "raw_stats": {}, "details": [], "link": null, "account": "9a703534d95ab0351e91629ffc87d05890c7a218c692a38f9a7e5fbabdfc2238", "aliases": [], "fresh_until": "2026-11-28T01:34:30.064221+00:00"}',NULL,8,0);
INSERT INTO "lookups" VALUES(8,1,'VirusTotal','not_asked',NULL,0,NULL,NULL,NULL,'cancelled',9,1);
INSERT INTO "lookups" VALUES(8,2,'VirusTotal','not_asked',NULL,0,NULL,NULL,NULL,'cancelled',10,2);
INSERT INTO "lookups" VALUES(8,3,'VirusTotal','not_asked',NULL,0,NULL,NULL,NULL,'cancelled',11,3);
INSERT INTO "lookups" VALUES(9,0,'VirusTotal','pending',NULL,0,NULL,NULL,NULL,NULL,9,0);
INSERT INTO "lookups" VALUES(9,1,'VirusTotal','pending',NULL,0,NULL,NULL,NULL,NULL,10,1);
INSERT INTO "lookups" VALUES(9,2,'VirusTotal','pending',NULL,0,NULL,NULL,NULL,NULL,11,2);
INSERT INTO "lookups" VALUES(9,3,'VirusTotal','pending',NULL,0,NULL,NULL,NULL,NULL,12,3);
CREATE TABLE places (
	job_key INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	document INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	part TEXT NOT NULL, 
	line INTEGER NOT NULL, 
	PRIMARY KEY (job_key, position, document, number), 
	FOREIGN KEY(job_key, position) REFERENCES iocs (job_key, position) ON DELETE CASCADE
);
INSERT INTO "places" VALUES(5,0,0,0,'attachment n.txt',1);
INSERT INTO "places" VALUES(5,1,0,0,'attachment n.txt',1);
INSERT INTO "places" VALUES(5,2,0,0,'header From',1);
INSERT INTO "places" VALUES(5,3,0,0,'header To',2);
INSERT INTO "places" VALUES(5,4,0,0,'body',1);
INSERT INTO "places" VALUES(5,5,0,0,'body',1);
INSERT INTO "places" VALUES(5,6,0,0,'',0);
INSERT INTO "places" VALUES(5,7,0,0,'',0);
INSERT INTO "places" VALUES(5,8,0,0,'',0);
INSERT INTO "places" VALUES(5,9,0,0,'attachment n.txt',0);
INSERT INTO "places" VALUES(5,10,0,0,'attachment n.txt',0);
INSERT INTO "places" VALUES(5,11,0,0,'attachment n.txt',0);
INSERT INTO "places" VALUES(5,12,1,0,'',1);
INSERT INTO "places" VALUES(5,5,1,0,'',1);
INSERT INTO "places" VALUES(5,13,1,0,'',0);
INSERT INTO "places" VALUES(5,14,1,0,'',0);
INSERT INTO "places" VALUES(5,15,1,0,'',0);
CREATE TABLE preferences (
	name VARCHAR NOT NULL, 
	value JSON NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE sightings (
	job_key INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	document INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	"offset" INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	defanged BOOLEAN NOT NULL, 
	rule TEXT NOT NULL, 
	unwrapped_from TEXT, 
	mixed_scripts BOOLEAN NOT NULL, 
	PRIMARY KEY (job_key, position, document), 
	FOREIGN KEY(job_key, position) REFERENCES iocs (job_key, position) ON DELETE CASCADE
);
INSERT INTO "sightings" VALUES(1,0,0,1,1,3,19,1,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(1,1,0,1,1,24,32,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(1,2,0,1,1,34,51,0,'host name with a known top-level domain',NULL,0);
INSERT INTO "sightings" VALUES(1,3,0,1,1,52,123,1,'scheme and host',NULL,0);
INSERT INTO "sightings" VALUES(1,4,0,1,1,124,137,0,'CVE, year and number',NULL,0);
INSERT INTO "sightings" VALUES(1,5,0,1,1,138,149,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(1,6,0,1,1,150,162,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(1,7,0,1,1,163,195,0,'32 hexadecimal digits',NULL,0);
INSERT INTO "sightings" VALUES(1,8,0,1,1,196,218,0,'mailbox and host name around an at-sign',NULL,0);
INSERT INTO "sightings" VALUES(2,0,0,1,1,3,19,1,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(2,1,0,1,1,24,32,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(2,2,0,1,1,34,51,0,'host name with a known top-level domain',NULL,0);
INSERT INTO "sightings" VALUES(2,3,0,1,1,52,123,1,'scheme and host',NULL,0);
INSERT INTO "sightings" VALUES(2,4,0,1,1,124,137,0,'CVE, year and number',NULL,0);
INSERT INTO "sightings" VALUES(2,5,0,1,1,138,149,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(2,6,0,1,1,150,162,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(2,7,0,1,1,163,195,0,'32 hexadecimal digits',NULL,0);
INSERT INTO "sightings" VALUES(2,8,0,1,1,196,218,0,'mailbox and host name around an at-sign',NULL,0);
INSERT INTO "sightings" VALUES(3,0,0,1,1,3,19,1,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(3,1,0,1,1,24,32,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(3,2,0,1,1,34,51,0,'host name with a known top-level domain',NULL,0);
INSERT INTO "sightings" VALUES(3,3,0,1,1,52,123,1,'scheme and host',NULL,0);
INSERT INTO "sightings" VALUES(3,4,0,1,1,124,137,0,'CVE, year and number',NULL,0);
INSERT INTO "sightings" VALUES(3,5,0,1,1,138,149,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(3,6,0,1,1,150,162,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(3,7,0,1,1,163,195,0,'32 hexadecimal digits',NULL,0);
INSERT INTO "sightings" VALUES(3,8,0,1,1,196,218,0,'mailbox and host name around an at-sign',NULL,0);
INSERT INTO "sightings" VALUES(4,0,0,1,1,0,7,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(4,1,0,1,1,8,22,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(5,0,0,1,1,0,22,0,'host name with a known top-level domain',NULL,0);
INSERT INTO "sightings" VALUES(5,1,0,1,1,23,34,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(5,2,0,1,1,0,17,0,'mailbox and host name around an at-sign',NULL,0);
INSERT INTO "sightings" VALUES(5,3,0,1,2,0,13,0,'mailbox and host name around an at-sign',NULL,0);
INSERT INTO "sightings" VALUES(5,4,0,1,1,4,47,0,'scheme and host',NULL,0);
INSERT INTO "sightings" VALUES(5,5,0,1,1,52,66,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(5,6,0,1,0,0,0,0,'the hash of the file itself',NULL,0);
INSERT INTO "sightings" VALUES(5,7,0,1,0,0,0,0,'the hash of the file itself',NULL,0);
INSERT INTO "sightings" VALUES(5,8,0,1,0,0,0,0,'the hash of the file itself',NULL,0);
INSERT INTO "sightings" VALUES(5,9,0,1,0,0,0,0,'the hash of the file itself',NULL,0);
INSERT INTO "sightings" VALUES(5,10,0,1,0,0,0,0,'the hash of the file itself',NULL,0);
INSERT INTO "sightings" VALUES(5,11,0,1,0,0,0,0,'the hash of the file itself',NULL,0);
INSERT INTO "sightings" VALUES(5,12,1,1,1,0,30,0,'scheme and host',NULL,0);
INSERT INTO "sightings" VALUES(5,5,1,1,1,31,45,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(5,13,1,1,0,0,0,0,'the hash of the file itself',NULL,0);
INSERT INTO "sightings" VALUES(5,14,1,1,0,0,0,0,'the hash of the file itself',NULL,0);
INSERT INTO "sightings" VALUES(5,15,1,1,0,0,0,0,'the hash of the file itself',NULL,0);
INSERT INTO "sightings" VALUES(6,0,0,1,1,0,7,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(6,1,0,1,1,8,15,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(6,2,0,1,1,16,47,0,'scheme and host',NULL,0);
INSERT INTO "sightings" VALUES(7,0,0,1,1,0,7,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(7,1,0,1,1,8,39,0,'scheme and host',NULL,0);
INSERT INTO "sightings" VALUES(8,0,0,1,1,0,7,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(8,1,0,1,1,8,15,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(8,2,0,1,1,16,23,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(8,3,0,1,1,24,31,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(9,0,0,1,1,0,7,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(9,1,0,1,1,8,15,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(9,2,0,1,1,16,23,0,'four numbers',NULL,0);
INSERT INTO "sightings" VALUES(9,3,0,1,1,24,31,0,'four numbers',NULL,0);
CREATE TABLE tallies (
	account_key INTEGER NOT NULL, 
	period VARCHAR NOT NULL, 
	start VARCHAR NOT NULL, 
	used INTEGER NOT NULL, 
	PRIMARY KEY (account_key, period, start), 
	FOREIGN KEY(account_key) REFERENCES accounts ("key") ON DELETE CASCADE
);
INSERT INTO "tallies" VALUES(1,'day','2026-11-27',1);
INSERT INTO "tallies" VALUES(1,'month','2026-11-01',1);
CREATE INDEX jobs_by_time ON jobs (created_at);
CREATE INDEX jobs_by_state ON jobs (state, created_at);
CREATE INDEX jobs_by_type ON jobs (job_type, created_at);
CREATE INDEX iocs_by_severity ON iocs (job_key, severity);
CREATE INDEX iocs_by_value ON iocs (value, job_key);
CREATE INDEX lookups_by_seq ON lookups (job_key, seq);
CREATE INDEX lookups_by_state ON lookups (job_key, state, reason);
CREATE INDEX lookups_pending ON lookups (provider, not_before) WHERE state = 'pending';
CREATE INDEX grants_by_time ON grants (account_key, counted_by);
CREATE INDEX answer_names_by_answer ON answer_names (answer_key);
CREATE INDEX answer_uses_by_job ON answer_uses (job_key);
CREATE INDEX documents_by_state ON documents (job_key, state);
CREATE INDEX documents_by_hash ON documents (job_key, sha256);
CREATE INDEX sightings_by_document ON sightings (job_key, document);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('grants',1);
COMMIT;
