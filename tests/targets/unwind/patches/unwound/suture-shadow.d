suture-shadow.o: /work/main/patches/lib/shadow.c \
 /work/main/patches/include/suture/shadow.h \
 /work/main/patches/include/suture/patch.h
/work/main/patches/include/suture/shadow.h:
/work/main/patches/include/suture/patch.h:
