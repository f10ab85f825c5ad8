lakehost_core(rpc SOURCES error.c message.c mend.c recover.c)
