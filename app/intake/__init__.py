"""Intake: documents that come in by upload or from a folder, until they are analysed.

roots            which folders of this machine may be imported
staging          uploads on the disk, until they are read
importer         the jobs whose documents are being read
read_documents   what is stored of the result of one document
"""
