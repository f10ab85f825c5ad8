lakehost_core(rpc SOURCES error.c exchange.c frame.c message.c mend.c recover.c)
