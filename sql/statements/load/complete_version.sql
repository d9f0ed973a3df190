-- What a version needs before readers see it. A check that holds spares the scan when it is attached.
alter table {{version}} validate constraint its_agency;
analyze {{version}}
