/* SPDX-License-Identifier: GPL-2.0-only */
/* libbpf: the BPF programs that count calls and that see crashes. */
#ifndef SUTURE_BPF_INT_H
#define SUTURE_BPF_INT_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "library-int.h"

#define SUTURE_BPF_FUNCTIONS(F) \
	F(bpf_link__destroy) F(bpf_map__delete_elem) F(bpf_map__fd) \
	F(bpf_map__get_next_key) F(bpf_map__lookup_and_delete_elem) \
	F(bpf_map__lookup_elem) F(bpf_map__max_entries) F(bpf_map__set_max_entries) \
	F(bpf_map__update_elem) F(bpf_object__attach_skeleton) \
	F(bpf_object__destroy_skeleton) F(bpf_object__load_skeleton) \
	F(bpf_object__open_skeleton) F(bpf_program__attach_uprobe_opts) \
	F(bpf_task_fd_query) F(libbpf_set_print) F(ring_buffer__consume) \
	F(ring_buffer__epoll_fd) F(ring_buffer__free) F(ring_buffer__new)

struct suture_bpf {
	SUTURE_BPF_FUNCTIONS(SUTURE_LIBRARY_POINTER)
};

/* To be used after suture_bpf_load() only. */
extern struct suture_bpf suture_bpf;

/* suture_bpf_load - 0, also when it is loaded already, or -ELIBACC */
int suture_bpf_load(struct suture_error *err);

#define bpf_link__destroy			suture_bpf.bpf_link__destroy
#define bpf_map__delete_elem			suture_bpf.bpf_map__delete_elem
#define bpf_map__fd				suture_bpf.bpf_map__fd
#define bpf_map__get_next_key			suture_bpf.bpf_map__get_next_key
#define bpf_map__lookup_and_delete_elem		suture_bpf.bpf_map__lookup_and_delete_elem
#define bpf_map__lookup_elem			suture_bpf.bpf_map__lookup_elem
#define bpf_map__max_entries			suture_bpf.bpf_map__max_entries
#define bpf_map__set_max_entries		suture_bpf.bpf_map__set_max_entries
#define bpf_map__update_elem			suture_bpf.bpf_map__update_elem
#define bpf_object__attach_skeleton		suture_bpf.bpf_object__attach_skeleton
#define bpf_object__destroy_skeleton		suture_bpf.bpf_object__destroy_skeleton
#define bpf_object__load_skeleton		suture_bpf.bpf_object__load_skeleton
#define bpf_object__open_skeleton		suture_bpf.bpf_object__open_skeleton
#define bpf_program__attach_uprobe_opts		suture_bpf.bpf_program__attach_uprobe_opts
#define bpf_task_fd_query			suture_bpf.bpf_task_fd_query
#define libbpf_set_print			suture_bpf.libbpf_set_print
#define ring_buffer__consume			suture_bpf.ring_buffer__consume
#define ring_buffer__epoll_fd			suture_bpf.ring_buffer__epoll_fd
#define ring_buffer__free			suture_bpf.ring_buffer__free
#define ring_buffer__new			suture_bpf.ring_buffer__new

#endif /* SUTURE_BPF_INT_H */
