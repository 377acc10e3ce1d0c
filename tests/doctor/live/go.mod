module weftlive

go 1.23
