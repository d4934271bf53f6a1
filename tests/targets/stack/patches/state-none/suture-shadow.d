suture-shadow.o: /work/k/patches/lib/shadow.c \
 /work/k/patches/include/suture/shadow.h \
 /work/k/patches/include/suture/patch.h
/work/k/patches/include/suture/shadow.h:
/work/k/patches/include/suture/patch.h:
