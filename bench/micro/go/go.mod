module weft.bench/micro

go 1.23
