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
INSERT INTO "accounts" VALUES(1,'VirusTotal','a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d',NULL,0,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
CREATE TABLE analyses (
	job_key INTEGER NOT NULL, 
	mode VARCHAR NOT NULL, tlp VARCHAR, shows_plan BOOLEAN, providers JSON, 
	PRIMARY KEY (job_key), 
	FOREIGN KEY(job_key) REFERENCES jobs ("key") ON DELETE CASCADE
);
INSERT INTO "analyses" VALUES(1,'online',NULL,0,NULL);
INSERT INTO "analyses" VALUES(2,'online',NULL,0,NULL);
INSERT INTO "analyses" VALUES(3,'online',NULL,0,NULL);
INSERT INTO "analyses" VALUES(4,'online',NULL,0,NULL);
CREATE TABLE answer_names (
	account_key INTEGER NOT NULL, 
	name BLOB NOT NULL, 
	answer_key INTEGER NOT NULL, 
	PRIMARY KEY (account_key, name), 
	FOREIGN KEY(account_key) REFERENCES accounts ("key") ON DELETE CASCADE, 
	FOREIGN KEY(answer_key) REFERENCES answers ("key") ON DELETE CASCADE
);
INSERT INTO "answer_names" VALUES(1,X'EB2F9F32BCD4B6C9C02CCD4C4C9E605E',1);
INSERT INTO "answer_names" VALUES(1,X'AECBFDFB94EE26D89D1908B349AA8523',1);
INSERT INTO "answer_names" VALUES(1,X'EC03E11A16C4847114FE25E95B1D8BEF',1);
INSERT INTO "answer_names" VALUES(1,X'A4945ABD73AD0B9A42C6FBA5431452BC',2);
INSERT INTO "answer_names" VALUES(1,X'B02FF50ED88F7B3537890658F34CC5B0',3);
INSERT INTO "answer_names" VALUES(1,X'89B3A0E71C32C78EA284AA928ED0E1E6',4);
INSERT INTO "answer_names" VALUES(1,X'2337EE98E587743599D330D027B4B6FA',5);
INSERT INTO "answer_names" VALUES(1,X'FB07DD610C0AF6181CF9E908EA509546',6);
INSERT INTO "answer_names" VALUES(1,X'0E06A6065C109F385D00898AF0C476D3',7);
INSERT INTO "answer_names" VALUES(1,X'3F8C9DEC1DE5F42E91BFACC6E582D362',7);
INSERT INTO "answer_names" VALUES(1,X'CDBF50017FFBF0A27EBDD909E3FC9C2B',7);
INSERT INTO "answer_names" VALUES(1,X'0E9EC26148EC3A92B1F28174E428BE29',8);
INSERT INTO "answer_names" VALUES(1,X'02310FE6EDDC6DD5C04776818360F411',8);
INSERT INTO "answer_names" VALUES(1,X'103C06F5856E497297F3C87AF23440CE',8);
INSERT INTO "answer_names" VALUES(1,X'E72DBB9F315FC937A931FA74497E6E10',9);
INSERT INTO "answer_names" VALUES(1,X'EC29EFF1176FF68E779EE944568BF94A',10);
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
INSERT INTO "answer_uses" VALUES(6,1);
INSERT INTO "answer_uses" VALUES(7,1);
INSERT INTO "answer_uses" VALUES(7,2);
INSERT INTO "answer_uses" VALUES(5,2);
INSERT INTO "answer_uses" VALUES(4,2);
INSERT INTO "answer_uses" VALUES(2,2);
INSERT INTO "answer_uses" VALUES(1,2);
INSERT INTO "answer_uses" VALUES(3,2);
INSERT INTO "answer_uses" VALUES(6,2);
INSERT INTO "answer_uses" VALUES(7,3);
INSERT INTO "answer_uses" VALUES(5,3);
INSERT INTO "answer_uses" VALUES(4,3);
INSERT INTO "answer_uses" VALUES(2,3);
INSERT INTO "answer_uses" VALUES(3,3);
INSERT INTO "answer_uses" VALUES(6,3);
INSERT INTO "answer_uses" VALUES(8,3);
INSERT INTO "answer_uses" VALUES(9,3);
INSERT INTO "answer_uses" VALUES(10,3);
INSERT INTO "answer_uses" VALUES(7,4);
INSERT INTO "answer_uses" VALUES(5,4);
INSERT INTO "answer_uses" VALUES(4,4);
INSERT INTO "answer_uses" VALUES(2,4);
INSERT INTO "answer_uses" VALUES(3,4);
INSERT INTO "answer_uses" VALUES(6,4);
CREATE TABLE answers (
	"key" INTEGER NOT NULL, 
	account_key INTEGER NOT NULL, 
	verdict VARCHAR, 
	outcome JSON NOT NULL, 
	fetched_at DATETIME NOT NULL, 
	PRIMARY KEY ("key"), 
	FOREIGN KEY(account_key) REFERENCES accounts ("key") ON DELETE CASCADE
);
INSERT INTO "answers" VALUES(1,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.990302+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["sha256", "7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56"], ["md5", "a97fa462c0769b1064200b8b0a0abbc5"], ["sha1", "2189d9c362ba39b2e080cb7178a661e9c79f7c29"]], "fresh_until": "2026-11-29T00:02:33.990302+00:00"}','2026-11-28 20:02:33.990302');
INSERT INTO "answers" VALUES(2,1,'malicious','{"detection_count": 9, "total_engines": 94, "scan_date": "2025-11-20T00:53:20Z", "fetched_at": "2026-11-28T20:02:33.999142+00:00", "raw_stats": {"malicious": 9, "suspicious": 2, "harmless": 57, "undetected": 26}, "details": [["Owner", "Example Hosting Ltd", "owner"], ["AS", "AS64500", "as"], ["Network", "185.220.101.0/24", "network"], ["Country", "NL", "country"], ["Flagged by", "Engine Alpha, Engine Beta", "flagged_by"], ["Tags", "self-signed", "tags"], ["Reputation", "-12", "reputation"], ["Community votes", "4 malicious, 0 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/ip-address/185.220.101.45", "aliases": [["ipv4", "185.220.101.45"]], "fresh_until": "2026-11-29T20:02:33.999142+00:00"}','2026-11-28 20:02:33.999142');
INSERT INTO "answers" VALUES(3,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.999800+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["url", "http://login.evil-mails.com/"]], "fresh_until": "2026-11-29T00:02:33.999800+00:00"}','2026-11-28 20:02:33.999800');
INSERT INTO "answers" VALUES(4,1,'malicious','{"detection_count": 14, "total_engines": 94, "scan_date": "2025-11-20T01:10:00Z", "fetched_at": "2026-11-28T20:02:34.001580+00:00", "raw_stats": {"malicious": 14, "suspicious": 1, "harmless": 54, "undetected": 25}, "details": [["Registrar", "Example Registrar Inc.", "registrar"], ["Registered", "2025-10-09, 415 days ago", "registered"], ["Categories", "malware sites, newly registered websites", "categories"], ["Popularity", "Example Umbrella: 812\u202f345", "popularity"], ["Flagged by", "Engine Alpha", "flagged_by"], ["Tags", "dga", "tags"], ["Reputation", "-5", "reputation"], ["Community votes", "6 malicious, 1 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/domain/files.example.net", "aliases": [["domain", "files.example.net"]], "fresh_until": "2026-11-29T20:02:34.001580+00:00"}','2026-11-28 20:02:34.001580');
INSERT INTO "answers" VALUES(5,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.001901+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["domain", "unknown.example.org"]], "fresh_until": "2026-11-29T00:02:34.001901+00:00"}','2026-11-28 20:02:34.001901');
INSERT INTO "answers" VALUES(6,1,'no_detections','{"detection_count": 0, "total_engines": 94, "scan_date": "2025-11-20T01:13:20Z", "fetched_at": "2026-11-28T20:02:34.007147+00:00", "raw_stats": {"malicious": 0, "suspicious": 0, "harmless": 70, "undetected": 24}, "details": [["Owner", "Example Resolver Foundation", "owner"], ["AS", "AS64501", "as"], ["Network", "9.9.9.0/24", "network"], ["Country", "US", "country"], ["Reputation", "41", "reputation"], ["Community votes", "3 malicious, 52 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/ip-address/9.9.9.9", "aliases": [["ipv4", "9.9.9.9"]], "fresh_until": "2026-11-29T20:02:34.007147+00:00"}','2026-11-28 20:02:34.007147');
INSERT INTO "answers" VALUES(7,1,'malicious','{"detection_count": 47, "total_engines": 68, "scan_date": "2025-11-19T22:08:20Z", "fetched_at": "2026-11-28T20:02:34.010596+00:00", "raw_stats": {"malicious": 47, "suspicious": 0, "harmless": 0, "undetected": 21}, "details": [["Threat", "trojan.exampleloader/generic", "threat"], ["Names", "update.exe, invoice_2025.exe", "names"], ["File type", "Win32 EXE", "file_type"], ["Size", "204\u202f800 bytes", "size"], ["First submitted", "2025-11-17", "first_submitted"], ["Last submitted", "2025-11-19", "last_submitted"], ["SHA-256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "sha_256"], ["MD5", "0f273b7599dec3559b78f20045743b0a", "md5"], ["Flagged by", "Engine Alpha", "flagged_by"], ["Tags", "peexe, checks-network-adapters", "tags"], ["Reputation", "-30", "reputation"], ["Community votes", "9 malicious, 0 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/file/5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "aliases": [["md5", "0f273b7599dec3559b78f20045743b0a"], ["sha1", "adc3f627e837d597976411dbef15c2fb38946ef9"], ["sha256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"]], "fresh_until": "2026-11-29T20:02:34.010596+00:00"}','2026-11-28 20:02:34.010596');
INSERT INTO "answers" VALUES(8,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.589478+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["sha256", "72c74490e51649d6ca7b85eee403b55b9d655efaee5caf7417bfbc23982a5bf1"], ["md5", "1d7eaf34b90c01b73282ff6cada28f97"], ["sha1", "f05dd1ef75a0ffb5c6957d5af7807aa5bf8fa595"]], "fresh_until": "2026-11-29T00:02:34.589478+00:00"}','2026-11-28 20:02:34.589478');
INSERT INTO "answers" VALUES(9,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.590740+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["ipv4", "8.8.4.4"]], "fresh_until": "2026-11-29T00:02:34.590740+00:00"}','2026-11-28 20:02:34.590740');
INSERT INTO "answers" VALUES(10,1,'not_found','{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.591048+00:00", "raw_stats": {}, "details": [], "link": null, "aliases": [["domain", "new.evil-mails.com"]], "fresh_until": "2026-11-29T00:02:34.591048+00:00"}','2026-11-28 20:02:34.591048');
CREATE TABLE clocks (
	boot VARCHAR NOT NULL, 
	"offset" FLOAT NOT NULL, 
	PRIMARY KEY (boot)
);
INSERT INTO "clocks" VALUES('803e2e06-5ce2-4cfb-92c6-77bbc17ac755',1.79586013007837104796e+09);
CREATE TABLE documents (
	job_key INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	name TEXT, parent INTEGER, part TEXT, path BLOB, follows_links BOOLEAN, size BIGINT, md5 VARCHAR, sha1 VARCHAR, sha256 VARCHAR, state VARCHAR, reason TEXT, 
	PRIMARY KEY (job_key, position), 
	FOREIGN KEY(job_key) REFERENCES jobs ("key") ON DELETE CASCADE
);
INSERT INTO "documents" VALUES(1,0,'asked.eml',NULL,NULL,NULL,0,168,'a97fa462c0769b1064200b8b0a0abbc5','2189d9c362ba39b2e080cb7178a661e9c79f7c29','7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56','ok',NULL);
INSERT INTO "documents" VALUES(2,0,'cached.eml',NULL,NULL,NULL,0,168,'a97fa462c0769b1064200b8b0a0abbc5','2189d9c362ba39b2e080cb7178a661e9c79f7c29','7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56','ok',NULL);
INSERT INTO "documents" VALUES(3,0,'mixed.eml',NULL,NULL,NULL,0,189,'1d7eaf34b90c01b73282ff6cada28f97','f05dd1ef75a0ffb5c6957d5af7807aa5bf8fa595','72c74490e51649d6ca7b85eee403b55b9d655efaee5caf7417bfbc23982a5bf1','ok',NULL);
INSERT INTO "documents" VALUES(4,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE egress (
	job_key INTEGER NOT NULL, 
	host VARCHAR NOT NULL, 
	calls INTEGER NOT NULL, 
	bytes_sent INTEGER NOT NULL, 
	bytes_received INTEGER NOT NULL, 
	PRIMARY KEY (job_key, host), 
	FOREIGN KEY(job_key) REFERENCES jobs ("key") ON DELETE CASCADE
);
INSERT INTO "egress" VALUES(1,'127.0.0.1',7,1748,7275);
INSERT INTO "egress" VALUES(3,'127.0.0.1',3,758,575);
CREATE TABLE grants (
	"key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account_key INTEGER NOT NULL, 
	counted_by FLOAT NOT NULL, 
	FOREIGN KEY(account_key) REFERENCES accounts ("key") ON DELETE CASCADE
);
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
INSERT INTO "iocs" VALUES(1,0,'url','http://login.evil-mails.com/','http://login.evil-mails.com/',1);
INSERT INTO "iocs" VALUES(1,1,'ipv4','185.220.101.45','185.220.101.45',5);
INSERT INTO "iocs" VALUES(1,2,'ipv4','9.9.9.9','9.9.9.9',3);
INSERT INTO "iocs" VALUES(1,3,'ipv4','10.0.4.17','10.0.4.17',0);
INSERT INTO "iocs" VALUES(1,4,'domain','unknown.example.org','unknown.example.org',1);
INSERT INTO "iocs" VALUES(1,5,'domain','files.example.net','files.example.net',5);
INSERT INTO "iocs" VALUES(1,6,'md5','0f273b7599dec3559b78f20045743b0a','0f273b7599dec3559b78f20045743b0a',5);
INSERT INTO "iocs" VALUES(1,7,'cve','CVE-2024-3400','CVE-2024-3400',0);
INSERT INTO "iocs" VALUES(1,8,'md5','a97fa462c0769b1064200b8b0a0abbc5','a97fa462c0769b1064200b8b0a0abbc5',1);
INSERT INTO "iocs" VALUES(1,9,'sha1','2189d9c362ba39b2e080cb7178a661e9c79f7c29','2189d9c362ba39b2e080cb7178a661e9c79f7c29',1);
INSERT INTO "iocs" VALUES(1,10,'sha256','7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56','7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56',1);
INSERT INTO "iocs" VALUES(2,0,'url','http://login.evil-mails.com/','http://login.evil-mails.com/',0);
INSERT INTO "iocs" VALUES(2,1,'ipv4','185.220.101.45','185.220.101.45',0);
INSERT INTO "iocs" VALUES(2,2,'ipv4','9.9.9.9','9.9.9.9',0);
INSERT INTO "iocs" VALUES(2,3,'ipv4','10.0.4.17','10.0.4.17',0);
INSERT INTO "iocs" VALUES(2,4,'domain','unknown.example.org','unknown.example.org',0);
INSERT INTO "iocs" VALUES(2,5,'domain','files.example.net','files.example.net',0);
INSERT INTO "iocs" VALUES(2,6,'md5','0f273b7599dec3559b78f20045743b0a','0f273b7599dec3559b78f20045743b0a',0);
INSERT INTO "iocs" VALUES(2,7,'cve','CVE-2024-3400','CVE-2024-3400',0);
INSERT INTO "iocs" VALUES(2,8,'md5','a97fa462c0769b1064200b8b0a0abbc5','a97fa462c0769b1064200b8b0a0abbc5',0);
INSERT INTO "iocs" VALUES(2,9,'sha1','2189d9c362ba39b2e080cb7178a661e9c79f7c29','2189d9c362ba39b2e080cb7178a661e9c79f7c29',0);
INSERT INTO "iocs" VALUES(2,10,'sha256','7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56','7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56',0);
INSERT INTO "iocs" VALUES(3,0,'url','http://login.evil-mails.com/','http://login.evil-mails.com/',0);
INSERT INTO "iocs" VALUES(3,1,'ipv4','185.220.101.45','185.220.101.45',0);
INSERT INTO "iocs" VALUES(3,2,'ipv4','9.9.9.9','9.9.9.9',0);
INSERT INTO "iocs" VALUES(3,3,'ipv4','10.0.4.17','10.0.4.17',0);
INSERT INTO "iocs" VALUES(3,4,'domain','unknown.example.org','unknown.example.org',0);
INSERT INTO "iocs" VALUES(3,5,'domain','files.example.net','files.example.net',0);
INSERT INTO "iocs" VALUES(3,6,'md5','0f273b7599dec3559b78f20045743b0a','0f273b7599dec3559b78f20045743b0a',0);
INSERT INTO "iocs" VALUES(3,7,'ipv4','8.8.4.4','8.8.4.4',1);
INSERT INTO "iocs" VALUES(3,8,'ipv4','192.0.2.1','192.0.2.1',0);
INSERT INTO "iocs" VALUES(3,9,'domain','new.evil-mails.com','new.evil-mails.com',1);
INSERT INTO "iocs" VALUES(3,10,'md5','1d7eaf34b90c01b73282ff6cada28f97','1d7eaf34b90c01b73282ff6cada28f97',1);
INSERT INTO "iocs" VALUES(3,11,'sha1','f05dd1ef75a0ffb5c6957d5af7807aa5bf8fa595','f05dd1ef75a0ffb5c6957d5af7807aa5bf8fa595',1);
INSERT INTO "iocs" VALUES(3,12,'sha256','72c74490e51649d6ca7b85eee403b55b9d655efaee5caf7417bfbc23982a5bf1','72c74490e51649d6ca7b85eee403b55b9d655efaee5caf7417bfbc23982a5bf1',1);
INSERT INTO "iocs" VALUES(4,0,'url','http://login.evil-mails.com/','http://login.evil-mails.com/',1);
INSERT INTO "iocs" VALUES(4,1,'ipv4','185.220.101.45','185.220.101.45',5);
INSERT INTO "iocs" VALUES(4,2,'ipv4','9.9.9.9','9.9.9.9',3);
INSERT INTO "iocs" VALUES(4,3,'ipv4','10.0.4.17','10.0.4.17',0);
INSERT INTO "iocs" VALUES(4,4,'domain','unknown.example.org','unknown.example.org',1);
INSERT INTO "iocs" VALUES(4,5,'domain','files.example.net','files.example.net',5);
INSERT INTO "iocs" VALUES(4,6,'md5','0f273b7599dec3559b78f20045743b0a','0f273b7599dec3559b78f20045743b0a',5);
INSERT INTO "iocs" VALUES(4,7,'cve','CVE-2024-3400','CVE-2024-3400',0);
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
INSERT INTO "jobs" VALUES(1,'asked','import',NULL,'success',NULL,NULL,NULL,'2026-11-28 20:02:33.590170','2026-11-28 20:02:33.619014','2026-11-28 20:02:34.018454',20,NULL);
INSERT INTO "jobs" VALUES(2,'cached','import',NULL,'success',NULL,NULL,NULL,'2026-11-28 20:02:34.051166','2026-11-28 20:02:34.064884','2026-11-28 20:02:34.303677',11,NULL);
INSERT INTO "jobs" VALUES(3,'mixed','import',NULL,'success',NULL,NULL,NULL,'2026-11-28 20:02:34.327381','2026-11-28 20:02:34.338710','2026-11-28 20:02:34.592198',18,NULL);
INSERT INTO "jobs" VALUES(4,'pasted','analysis',NULL,'success',NULL,NULL,NULL,'2026-11-28 20:02:34.613593',NULL,'2026-11-28 20:02:34.619392',8,NULL);
CREATE TABLE lookups (
	job_key INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	provider VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	verdict VARCHAR, 
	attempts INTEGER NOT NULL, 
	not_before DATETIME, 
	outcome JSON, 
	reason TEXT, 
	seq INTEGER NOT NULL, rank INTEGER DEFAULT '0' NOT NULL, reason_code VARCHAR, 
	PRIMARY KEY (job_key, position, provider), 
	FOREIGN KEY(job_key, position) REFERENCES iocs (job_key, position) ON DELETE CASCADE
);
INSERT INTO "lookups" VALUES(1,0,'VirusTotal','not_found','not_found',1,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.999800+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T00:02:33.999800+00:00"}',NULL,16,4,NULL);
INSERT INTO "lookups" VALUES(1,1,'VirusTotal','answered','malicious',1,NULL,'{"detection_count": 9, "total_engines": 94, "scan_date": "2025-11-20T00:53:20Z", "fetched_at": "2026-11-28T20:02:33.999142+00:00", "raw_stats": {"malicious": 9, "suspicious": 2, "harmless": 57, "undetected": 26}, "details": [["Owner", "Example Hosting Ltd", "owner"], ["AS", "AS64500", "as"], ["Network", "185.220.101.0/24", "network"], ["Country", "NL", "country"], ["Flagged by", "Engine Alpha, Engine Beta", "flagged_by"], ["Tags", "self-signed", "tags"], ["Reputation", "-12", "reputation"], ["Community votes", "4 malicious, 0 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/ip-address/185.220.101.45", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:33.999142+00:00"}',NULL,15,7,NULL);
INSERT INTO "lookups" VALUES(1,2,'VirusTotal','answered','no_detections',1,NULL,'{"detection_count": 0, "total_engines": 94, "scan_date": "2025-11-20T01:13:20Z", "fetched_at": "2026-11-28T20:02:34.007147+00:00", "raw_stats": {"malicious": 0, "suspicious": 0, "harmless": 70, "undetected": 24}, "details": [["Owner", "Example Resolver Foundation", "owner"], ["AS", "AS64501", "as"], ["Network", "9.9.9.0/24", "network"], ["Country", "US", "country"], ["Reputation", "41", "reputation"], ["Community votes", "3 malicious, 52 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/ip-address/9.9.9.9", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:34.007147+00:00"}',NULL,19,8,NULL);
INSERT INTO "lookups" VALUES(1,3,'VirusTotal','not_asked',NULL,0,NULL,NULL,'private address (RFC 1918)',4,0,'held_back');
INSERT INTO "lookups" VALUES(1,4,'VirusTotal','not_found','not_found',1,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.001901+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T00:02:34.001901+00:00"}',NULL,18,5,NULL);
INSERT INTO "lookups" VALUES(1,5,'VirusTotal','answered','malicious',1,NULL,'{"detection_count": 14, "total_engines": 94, "scan_date": "2025-11-20T01:10:00Z", "fetched_at": "2026-11-28T20:02:34.001580+00:00", "raw_stats": {"malicious": 14, "suspicious": 1, "harmless": 54, "undetected": 25}, "details": [["Registrar", "Example Registrar Inc.", "registrar"], ["Registered", "2025-10-09, 415 days ago", "registered"], ["Categories", "malware sites, newly registered websites", "categories"], ["Popularity", "Example Umbrella: 812\u202f345", "popularity"], ["Flagged by", "Engine Alpha", "flagged_by"], ["Tags", "dga", "tags"], ["Reputation", "-5", "reputation"], ["Community votes", "6 malicious, 1 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/domain/files.example.net", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:34.001580+00:00"}',NULL,17,6,NULL);
INSERT INTO "lookups" VALUES(1,6,'VirusTotal','answered','malicious',1,NULL,'{"detection_count": 47, "total_engines": 68, "scan_date": "2025-11-19T22:08:20Z", "fetched_at": "2026-11-28T20:02:34.010596+00:00", "raw_stats": {"malicious": 47, "suspicious": 0, "harmless": 0, "undetected": 21}, "details": [["Threat", "trojan.exampleloader/generic", "threat"], ["Names", "update.exe, invoice_2025.exe", "names"], ["File type", "Win32 EXE", "file_type"], ["Size", "204\u202f800 bytes", "size"], ["First submitted", "2025-11-17", "first_submitted"], ["Last submitted", "2025-11-19", "last_submitted"], ["SHA-256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "sha_256"], ["MD5", "0f273b7599dec3559b78f20045743b0a", "md5"], ["Flagged by", "Engine Alpha", "flagged_by"], ["Tags", "peexe, checks-network-adapters", "tags"], ["Reputation", "-30", "reputation"], ["Community votes", "9 malicious, 0 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/file/5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["sha1", "adc3f627e837d597976411dbef15c2fb38946ef9"], ["sha256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"]], "fresh_until": "2026-11-29T20:02:34.010596+00:00"}',NULL,20,2,NULL);
INSERT INTO "lookups" VALUES(1,7,'','not_asked',NULL,0,NULL,NULL,'type not supported by any provider',8,0,'unsupported_type');
INSERT INTO "lookups" VALUES(1,8,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.990302+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["sha256", "7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56"], ["sha1", "2189d9c362ba39b2e080cb7178a661e9c79f7c29"]], "fresh_until": "2026-11-29T00:02:33.990302+00:00"}',NULL,13,3,NULL);
INSERT INTO "lookups" VALUES(1,9,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.990302+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["sha256", "7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56"], ["md5", "a97fa462c0769b1064200b8b0a0abbc5"]], "fresh_until": "2026-11-29T00:02:33.990302+00:00"}',NULL,14,1,NULL);
INSERT INTO "lookups" VALUES(1,10,'VirusTotal','not_found','not_found',1,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.990302+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["md5", "a97fa462c0769b1064200b8b0a0abbc5"], ["sha1", "2189d9c362ba39b2e080cb7178a661e9c79f7c29"]], "fresh_until": "2026-11-29T00:02:33.990302+00:00"}',NULL,12,0,NULL);
INSERT INTO "lookups" VALUES(2,0,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.999800+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T00:02:33.999800+00:00"}',NULL,1,4,NULL);
INSERT INTO "lookups" VALUES(2,1,'VirusTotal','answered','malicious',0,NULL,'{"detection_count": 9, "total_engines": 94, "scan_date": "2025-11-20T00:53:20Z", "fetched_at": "2026-11-28T20:02:33.999142+00:00", "raw_stats": {"malicious": 9, "suspicious": 2, "harmless": 57, "undetected": 26}, "details": [["Owner", "Example Hosting Ltd", "owner"], ["AS", "AS64500", "as"], ["Network", "185.220.101.0/24", "network"], ["Country", "NL", "country"], ["Flagged by", "Engine Alpha, Engine Beta", "flagged_by"], ["Tags", "self-signed", "tags"], ["Reputation", "-12", "reputation"], ["Community votes", "4 malicious, 0 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/ip-address/185.220.101.45", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:33.999142+00:00"}',NULL,2,7,NULL);
INSERT INTO "lookups" VALUES(2,2,'VirusTotal','answered','no_detections',0,NULL,'{"detection_count": 0, "total_engines": 94, "scan_date": "2025-11-20T01:13:20Z", "fetched_at": "2026-11-28T20:02:34.007147+00:00", "raw_stats": {"malicious": 0, "suspicious": 0, "harmless": 70, "undetected": 24}, "details": [["Owner", "Example Resolver Foundation", "owner"], ["AS", "AS64501", "as"], ["Network", "9.9.9.0/24", "network"], ["Country", "US", "country"], ["Reputation", "41", "reputation"], ["Community votes", "3 malicious, 52 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/ip-address/9.9.9.9", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:34.007147+00:00"}',NULL,3,8,NULL);
INSERT INTO "lookups" VALUES(2,3,'VirusTotal','not_asked',NULL,0,NULL,NULL,'private address (RFC 1918)',4,0,'held_back');
INSERT INTO "lookups" VALUES(2,4,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.001901+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T00:02:34.001901+00:00"}',NULL,5,5,NULL);
INSERT INTO "lookups" VALUES(2,5,'VirusTotal','answered','malicious',0,NULL,'{"detection_count": 14, "total_engines": 94, "scan_date": "2025-11-20T01:10:00Z", "fetched_at": "2026-11-28T20:02:34.001580+00:00", "raw_stats": {"malicious": 14, "suspicious": 1, "harmless": 54, "undetected": 25}, "details": [["Registrar", "Example Registrar Inc.", "registrar"], ["Registered", "2025-10-09, 415 days ago", "registered"], ["Categories", "malware sites, newly registered websites", "categories"], ["Popularity", "Example Umbrella: 812\u202f345", "popularity"], ["Flagged by", "Engine Alpha", "flagged_by"], ["Tags", "dga", "tags"], ["Reputation", "-5", "reputation"], ["Community votes", "6 malicious, 1 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/domain/files.example.net", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:34.001580+00:00"}',NULL,6,6,NULL);
INSERT INTO "lookups" VALUES(2,6,'VirusTotal','answered','malicious',0,NULL,'{"detection_count": 47, "total_engines": 68, "scan_date": "2025-11-19T22:08:20Z", "fetched_at": "2026-11-28T20:02:34.010596+00:00", "raw_stats": {"malicious": 47, "suspicious": 0, "harmless": 0, "undetected": 21}, "details": [["Threat", "trojan.exampleloader/generic", "threat"], ["Names", "update.exe, invoice_2025.exe", "names"], ["File type", "Win32 EXE", "file_type"], ["Size", "204\u202f800 bytes", "size"], ["First submitted", "2025-11-17", "first_submitted"], ["Last submitted", "2025-11-19", "last_submitted"], ["SHA-256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "sha_256"], ["MD5", "0f273b7599dec3559b78f20045743b0a", "md5"], ["Flagged by", "Engine Alpha", "flagged_by"], ["Tags", "peexe, checks-network-adapters", "tags"], ["Reputation", "-30", "reputation"], ["Community votes", "9 malicious, 0 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/file/5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["sha1", "adc3f627e837d597976411dbef15c2fb38946ef9"], ["sha256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"]], "fresh_until": "2026-11-29T20:02:34.010596+00:00"}',NULL,7,2,NULL);
INSERT INTO "lookups" VALUES(2,7,'','not_asked',NULL,0,NULL,NULL,'type not supported by any provider',8,0,'unsupported_type');
INSERT INTO "lookups" VALUES(2,8,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.990302+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["sha256", "7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56"], ["sha1", "2189d9c362ba39b2e080cb7178a661e9c79f7c29"]], "fresh_until": "2026-11-29T00:02:33.990302+00:00"}',NULL,9,3,NULL);
INSERT INTO "lookups" VALUES(2,9,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.990302+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["sha256", "7134190442abc86cefac69563190b25967cd38661458f26bac453d1268e17e56"], ["md5", "a97fa462c0769b1064200b8b0a0abbc5"]], "fresh_until": "2026-11-29T00:02:33.990302+00:00"}',NULL,10,1,NULL);
INSERT INTO "lookups" VALUES(2,10,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.990302+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["md5", "a97fa462c0769b1064200b8b0a0abbc5"], ["sha1", "2189d9c362ba39b2e080cb7178a661e9c79f7c29"]], "fresh_until": "2026-11-29T00:02:33.990302+00:00"}',NULL,11,0,NULL);
INSERT INTO "lookups" VALUES(3,0,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.999800+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T00:02:33.999800+00:00"}',NULL,1,5,NULL);
INSERT INTO "lookups" VALUES(3,1,'VirusTotal','answered','malicious',0,NULL,'{"detection_count": 9, "total_engines": 94, "scan_date": "2025-11-20T00:53:20Z", "fetched_at": "2026-11-28T20:02:33.999142+00:00", "raw_stats": {"malicious": 9, "suspicious": 2, "harmless": 57, "undetected": 26}, "details": [["Owner", "Example Hosting Ltd", "owner"], ["AS", "AS64500", "as"], ["Network", "185.220.101.0/24", "network"], ["Country", "NL", "country"], ["Flagged by", "Engine Alpha, Engine Beta", "flagged_by"], ["Tags", "self-signed", "tags"], ["Reputation", "-12", "reputation"], ["Community votes", "4 malicious, 0 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/ip-address/185.220.101.45", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:33.999142+00:00"}',NULL,2,9,NULL);
INSERT INTO "lookups" VALUES(3,2,'VirusTotal','answered','no_detections',0,NULL,'{"detection_count": 0, "total_engines": 94, "scan_date": "2025-11-20T01:13:20Z", "fetched_at": "2026-11-28T20:02:34.007147+00:00", "raw_stats": {"malicious": 0, "suspicious": 0, "harmless": 70, "undetected": 24}, "details": [["Owner", "Example Resolver Foundation", "owner"], ["AS", "AS64501", "as"], ["Network", "9.9.9.0/24", "network"], ["Country", "US", "country"], ["Reputation", "41", "reputation"], ["Community votes", "3 malicious, 52 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/ip-address/9.9.9.9", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:34.007147+00:00"}',NULL,3,10,NULL);
INSERT INTO "lookups" VALUES(3,3,'VirusTotal','not_asked',NULL,0,NULL,NULL,'private address (RFC 1918)',4,0,'held_back');
INSERT INTO "lookups" VALUES(3,4,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.001901+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T00:02:34.001901+00:00"}',NULL,5,6,NULL);
INSERT INTO "lookups" VALUES(3,5,'VirusTotal','answered','malicious',0,NULL,'{"detection_count": 14, "total_engines": 94, "scan_date": "2025-11-20T01:10:00Z", "fetched_at": "2026-11-28T20:02:34.001580+00:00", "raw_stats": {"malicious": 14, "suspicious": 1, "harmless": 54, "undetected": 25}, "details": [["Registrar", "Example Registrar Inc.", "registrar"], ["Registered", "2025-10-09, 415 days ago", "registered"], ["Categories", "malware sites, newly registered websites", "categories"], ["Popularity", "Example Umbrella: 812\u202f345", "popularity"], ["Flagged by", "Engine Alpha", "flagged_by"], ["Tags", "dga", "tags"], ["Reputation", "-5", "reputation"], ["Community votes", "6 malicious, 1 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/domain/files.example.net", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:34.001580+00:00"}',NULL,6,7,NULL);
INSERT INTO "lookups" VALUES(3,6,'VirusTotal','answered','malicious',0,NULL,'{"detection_count": 47, "total_engines": 68, "scan_date": "2025-11-19T22:08:20Z", "fetched_at": "2026-11-28T20:02:34.010596+00:00", "raw_stats": {"malicious": 47, "suspicious": 0, "harmless": 0, "undetected": 21}, "details": [["Threat", "trojan.exampleloader/generic", "threat"], ["Names", "update.exe, invoice_2025.exe", "names"], ["File type", "Win32 EXE", "file_type"], ["Size", "204\u202f800 bytes", "size"], ["First submitted", "2025-11-17", "first_submitted"], ["Last submitted", "2025-11-19", "last_submitted"], ["SHA-256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "sha_256"], ["MD5", "0f273b7599dec3559b78f20045743b0a", "md5"], ["Flagged by", "Engine Alpha", "flagged_by"], ["Tags", "peexe, checks-network-adapters", "tags"], ["Reputation", "-30", "reputation"], ["Community votes", "9 malicious, 0 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/file/5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["sha1", "adc3f627e837d597976411dbef15c2fb38946ef9"], ["sha256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"]], "fresh_until": "2026-11-29T20:02:34.010596+00:00"}',NULL,7,4,NULL);
INSERT INTO "lookups" VALUES(3,7,'VirusTotal','not_found','not_found',1,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.590740+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T00:02:34.590740+00:00"}',NULL,17,8,NULL);
INSERT INTO "lookups" VALUES(3,8,'VirusTotal','not_asked',NULL,0,NULL,NULL,'documentation address (RFC 5737)',9,0,'held_back');
INSERT INTO "lookups" VALUES(3,9,'VirusTotal','not_found','not_found',1,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.591048+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T00:02:34.591048+00:00"}',NULL,18,3,NULL);
INSERT INTO "lookups" VALUES(3,10,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.589478+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["sha256", "72c74490e51649d6ca7b85eee403b55b9d655efaee5caf7417bfbc23982a5bf1"], ["sha1", "f05dd1ef75a0ffb5c6957d5af7807aa5bf8fa595"]], "fresh_until": "2026-11-29T00:02:34.589478+00:00"}',NULL,15,2,NULL);
INSERT INTO "lookups" VALUES(3,11,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.589478+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["sha256", "72c74490e51649d6ca7b85eee403b55b9d655efaee5caf7417bfbc23982a5bf1"], ["md5", "1d7eaf34b90c01b73282ff6cada28f97"]], "fresh_until": "2026-11-29T00:02:34.589478+00:00"}',NULL,16,1,NULL);
INSERT INTO "lookups" VALUES(3,12,'VirusTotal','not_found','not_found',1,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.589478+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["md5", "1d7eaf34b90c01b73282ff6cada28f97"], ["sha1", "f05dd1ef75a0ffb5c6957d5af7807aa5bf8fa595"]], "fresh_until": "2026-11-29T00:02:34.589478+00:00"}',NULL,14,0,NULL);
INSERT INTO "lookups" VALUES(4,0,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:33.999800+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T00:02:33.999800+00:00"}',NULL,1,1,NULL);
INSERT INTO "lookups" VALUES(4,1,'VirusTotal','answered','malicious',0,NULL,'{"detection_count": 9, "total_engines": 94, "scan_date": "2025-11-20T00:53:20Z", "fetched_at": "2026-11-28T20:02:33.999142+00:00", "raw_stats": {"malicious": 9, "suspicious": 2, "harmless": 57, "undetected": 26}, "details": [["Owner", "Example Hosting Ltd", "owner"], ["AS", "AS64500", "as"], ["Network", "185.220.101.0/24", "network"], ["Country", "NL", "country"], ["Flagged by", "Engine Alpha, Engine Beta", "flagged_by"], ["Tags", "self-signed", "tags"], ["Reputation", "-12", "reputation"], ["Community votes", "4 malicious, 0 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/ip-address/185.220.101.45", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:33.999142+00:00"}',NULL,2,4,NULL);
INSERT INTO "lookups" VALUES(4,2,'VirusTotal','answered','no_detections',0,NULL,'{"detection_count": 0, "total_engines": 94, "scan_date": "2025-11-20T01:13:20Z", "fetched_at": "2026-11-28T20:02:34.007147+00:00", "raw_stats": {"malicious": 0, "suspicious": 0, "harmless": 70, "undetected": 24}, "details": [["Owner", "Example Resolver Foundation", "owner"], ["AS", "AS64501", "as"], ["Network", "9.9.9.0/24", "network"], ["Country", "US", "country"], ["Reputation", "41", "reputation"], ["Community votes", "3 malicious, 52 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/ip-address/9.9.9.9", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:34.007147+00:00"}',NULL,3,5,NULL);
INSERT INTO "lookups" VALUES(4,3,'VirusTotal','not_asked',NULL,0,NULL,NULL,'private address (RFC 1918)',4,0,'held_back');
INSERT INTO "lookups" VALUES(4,4,'VirusTotal','not_found','not_found',0,NULL,'{"detection_count": null, "total_engines": null, "scan_date": null, "fetched_at": "2026-11-28T20:02:34.001901+00:00", "raw_stats": {}, "details": [], "link": null, "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T00:02:34.001901+00:00"}',NULL,5,2,NULL);
INSERT INTO "lookups" VALUES(4,5,'VirusTotal','answered','malicious',0,NULL,'{"detection_count": 14, "total_engines": 94, "scan_date": "2025-11-20T01:10:00Z", "fetched_at": "2026-11-28T20:02:34.001580+00:00", "raw_stats": {"malicious": 14, "suspicious": 1, "harmless": 54, "undetected": 25}, "details": [["Registrar", "Example Registrar Inc.", "registrar"], ["Registered", "2025-10-09, 415 days ago", "registered"], ["Categories", "malware sites, newly registered websites", "categories"], ["Popularity", "Example Umbrella: 812\u202f345", "popularity"], ["Flagged by", "Engine Alpha", "flagged_by"], ["Tags", "dga", "tags"], ["Reputation", "-5", "reputation"], ["Community votes", "6 malicious, 1 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/domain/files.example.net", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [], "fresh_until": "2026-11-29T20:02:34.001580+00:00"}',NULL,6,3,NULL);
INSERT INTO "lookups" VALUES(4,6,'VirusTotal','answered','malicious',0,NULL,'{"detection_count": 47, "total_engines": 68, "scan_date": "2025-11-19T22:08:20Z", "fetched_at": "2026-11-28T20:02:34.010596+00:00", "raw_stats": {"malicious": 47, "suspicious": 0, "harmless": 0, "undetected": 21}, "details": [["Threat", "trojan.exampleloader/generic", "threat"], ["Names", "update.exe, invoice_2025.exe", "names"], ["File type", "Win32 EXE", "file_type"], ["Size", "204\u202f800 bytes", "size"], ["First submitted", "2025-11-17", "first_submitted"], ["Last submitted", "2025-11-19", "last_submitted"], ["SHA-256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "sha_256"], ["MD5", "0f273b7599dec3559b78f20045743b0a", "md5"], ["Flagged by", "Engine Alpha", "flagged_by"], ["Tags", "peexe, checks-network-adapters", "tags"], ["Reputation", "-30", "reputation"], ["Community votes", "9 malicious, 0 harmless", "community_votes"]], "link": "https://www.virustotal.com/gui/file/5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef", "account": "a444683ff24873f9812c963588c80f627e0e7158aca610ae31a6c2bb7f347d8d", "aliases": [["sha1", "adc3f627e837d597976411dbef15c2fb38946ef9"], ["sha256", "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"]], "fresh_until": "2026-11-29T20:02:34.010596+00:00"}',NULL,7,0,NULL);
INSERT INTO "lookups" VALUES(4,7,'','not_asked',NULL,0,NULL,NULL,'type not supported by any provider',8,0,'unsupported_type');
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
INSERT INTO "places" VALUES(1,0,0,0,'',3);
INSERT INTO "places" VALUES(1,1,0,0,'',3);
INSERT INTO "places" VALUES(1,2,0,0,'',3);
INSERT INTO "places" VALUES(1,3,0,0,'',3);
INSERT INTO "places" VALUES(1,4,0,0,'',3);
INSERT INTO "places" VALUES(1,5,0,0,'',3);
INSERT INTO "places" VALUES(1,6,0,0,'',3);
INSERT INTO "places" VALUES(1,7,0,0,'',3);
INSERT INTO "places" VALUES(1,8,0,0,'',0);
INSERT INTO "places" VALUES(1,9,0,0,'',0);
INSERT INTO "places" VALUES(1,10,0,0,'',0);
INSERT INTO "places" VALUES(2,0,0,0,'',3);
INSERT INTO "places" VALUES(2,1,0,0,'',3);
INSERT INTO "places" VALUES(2,2,0,0,'',3);
INSERT INTO "places" VALUES(2,3,0,0,'',3);
INSERT INTO "places" VALUES(2,4,0,0,'',3);
INSERT INTO "places" VALUES(2,5,0,0,'',3);
INSERT INTO "places" VALUES(2,6,0,0,'',3);
INSERT INTO "places" VALUES(2,7,0,0,'',3);
INSERT INTO "places" VALUES(2,8,0,0,'',0);
INSERT INTO "places" VALUES(2,9,0,0,'',0);
INSERT INTO "places" VALUES(2,10,0,0,'',0);
INSERT INTO "places" VALUES(3,0,0,0,'',3);
INSERT INTO "places" VALUES(3,1,0,0,'',3);
INSERT INTO "places" VALUES(3,2,0,0,'',3);
INSERT INTO "places" VALUES(3,3,0,0,'',3);
INSERT INTO "places" VALUES(3,4,0,0,'',3);
INSERT INTO "places" VALUES(3,5,0,0,'',3);
INSERT INTO "places" VALUES(3,6,0,0,'',3);
INSERT INTO "places" VALUES(3,7,0,0,'',3);
INSERT INTO "places" VALUES(3,8,0,0,'',3);
INSERT INTO "places" VALUES(3,9,0,0,'',3);
INSERT INTO "places" VALUES(3,10,0,0,'',0);
INSERT INTO "places" VALUES(3,11,0,0,'',0);
INSERT INTO "places" VALUES(3,12,0,0,'',0);
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
	mixed_scripts BOOLEAN NOT NULL, port INTEGER, 
	PRIMARY KEY (job_key, position, document), 
	FOREIGN KEY(job_key, position) REFERENCES iocs (job_key, position) ON DELETE CASCADE
);
INSERT INTO "sightings" VALUES(1,0,0,1,3,20,48,0,'scheme and host',NULL,0,NULL);
INSERT INTO "sightings" VALUES(1,1,0,1,3,49,63,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(1,2,0,1,3,64,71,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(1,3,0,1,3,72,81,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(1,4,0,1,3,82,101,0,'host name with a known top-level domain',NULL,0,NULL);
INSERT INTO "sightings" VALUES(1,5,0,1,3,102,119,0,'host name with a known top-level domain',NULL,0,NULL);
INSERT INTO "sightings" VALUES(1,6,0,1,3,120,152,0,'32 hexadecimal digits',NULL,0,NULL);
INSERT INTO "sightings" VALUES(1,7,0,1,3,153,166,0,'CVE, year and number',NULL,0,NULL);
INSERT INTO "sightings" VALUES(1,8,0,1,0,0,0,0,'the hash of the file itself',NULL,0,NULL);
INSERT INTO "sightings" VALUES(1,9,0,1,0,0,0,0,'the hash of the file itself',NULL,0,NULL);
INSERT INTO "sightings" VALUES(1,10,0,1,0,0,0,0,'the hash of the file itself',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,0,0,1,3,20,48,0,'scheme and host',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,1,0,1,3,49,63,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,2,0,1,3,64,71,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,3,0,1,3,72,81,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,4,0,1,3,82,101,0,'host name with a known top-level domain',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,5,0,1,3,102,119,0,'host name with a known top-level domain',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,6,0,1,3,120,152,0,'32 hexadecimal digits',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,7,0,1,3,153,166,0,'CVE, year and number',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,8,0,1,0,0,0,0,'the hash of the file itself',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,9,0,1,0,0,0,0,'the hash of the file itself',NULL,0,NULL);
INSERT INTO "sightings" VALUES(2,10,0,1,0,0,0,0,'the hash of the file itself',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,0,0,1,3,18,46,0,'scheme and host',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,1,0,1,3,47,61,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,2,0,1,3,62,69,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,3,0,1,3,70,79,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,4,0,1,3,80,99,0,'host name with a known top-level domain',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,5,0,1,3,100,117,0,'host name with a known top-level domain',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,6,0,1,3,118,150,0,'32 hexadecimal digits',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,7,0,1,3,151,158,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,8,0,1,3,159,168,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,9,0,1,3,169,187,0,'host name with a known top-level domain',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,10,0,1,0,0,0,0,'the hash of the file itself',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,11,0,1,0,0,0,0,'the hash of the file itself',NULL,0,NULL);
INSERT INTO "sightings" VALUES(3,12,0,1,0,0,0,0,'the hash of the file itself',NULL,0,NULL);
INSERT INTO "sightings" VALUES(4,0,0,1,3,20,48,0,'scheme and host',NULL,0,NULL);
INSERT INTO "sightings" VALUES(4,1,0,1,3,49,63,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(4,2,0,1,3,64,71,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(4,3,0,1,3,72,81,0,'four numbers',NULL,0,NULL);
INSERT INTO "sightings" VALUES(4,4,0,1,3,82,101,0,'host name with a known top-level domain',NULL,0,NULL);
INSERT INTO "sightings" VALUES(4,5,0,1,3,102,119,0,'host name with a known top-level domain',NULL,0,NULL);
INSERT INTO "sightings" VALUES(4,6,0,1,3,120,152,0,'32 hexadecimal digits',NULL,0,NULL);
INSERT INTO "sightings" VALUES(4,7,0,1,3,153,166,0,'CVE, year and number',NULL,0,NULL);
CREATE TABLE tallies (
	account_key INTEGER NOT NULL, 
	period VARCHAR NOT NULL, 
	start VARCHAR NOT NULL, 
	used INTEGER NOT NULL, 
	PRIMARY KEY (account_key, period, start), 
	FOREIGN KEY(account_key) REFERENCES accounts ("key") ON DELETE CASCADE
);
CREATE INDEX jobs_by_time ON jobs (created_at);
CREATE INDEX jobs_by_state ON jobs (state, created_at);
CREATE INDEX jobs_by_type ON jobs (job_type, created_at);
CREATE INDEX iocs_by_severity ON iocs (job_key, severity);
CREATE INDEX iocs_by_value ON iocs (value, job_key);
CREATE INDEX lookups_by_seq ON lookups (job_key, seq);
CREATE INDEX lookups_pending ON lookups (provider, not_before) WHERE state = 'pending';
CREATE INDEX grants_by_time ON grants (account_key, counted_by);
CREATE INDEX answer_names_by_answer ON answer_names (answer_key);
CREATE INDEX answer_uses_by_job ON answer_uses (job_key);
CREATE INDEX documents_by_state ON documents (job_key, state);
CREATE INDEX documents_by_hash ON documents (job_key, sha256);
CREATE INDEX sightings_by_document ON sightings (job_key, document);
CREATE INDEX lookups_by_state ON lookups (job_key, state, reason_code);
DELETE FROM "sqlite_sequence";
COMMIT;
