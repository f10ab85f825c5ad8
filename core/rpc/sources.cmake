lakehost_core(rpc SOURCES error.c frame.c message.c mend.c recover.c)
