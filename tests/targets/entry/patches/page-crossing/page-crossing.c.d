page-crossing.c.o: page-crossing.c \
 /work/main/patches/include/suture/patch.h
/work/main/patches/include/suture/patch.h:
