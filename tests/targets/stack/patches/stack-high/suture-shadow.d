suture-shadow.o: /work/h/patches/lib/shadow.c \
 /work/h/patches/include/suture/shadow.h \
 /work/h/patches/include/suture/patch.h
/work/h/patches/include/suture/shadow.h:
/work/h/patches/include/suture/patch.h:
