alter table {{table}} {{!changes}}
