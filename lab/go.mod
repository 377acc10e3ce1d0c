module weftlab

go 1.23
