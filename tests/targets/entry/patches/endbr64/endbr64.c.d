endbr64.c.o: endbr64.c /work/main/patches/include/suture/patch.h
/work/main/patches/include/suture/patch.h:
