// SPDX-License-Identifier: GPL-2.0-only
/* What the service is told by /etc/suture/suture.conf. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "conf.h"
#include "dropin.h"
#include "libdirs.h"

static const char *const conf_dirs[] = {
	"/etc/suture/suture.conf.d", "/run/suture/suture.conf.d", "/usr/lib/suture/suture.conf.d",
	NULL
};

const struct suture_dirs suture_dirs = {
	.patches = { "/usr/lib/suture/patches", "/var/lib/suture/patches", NULL },
	.conf = "/etc/suture/suture.conf",
	.conf_dirs = conf_dirs,
	.state = "/var/lib/suture/state",
	.run = "/run/suture",
};

void suture_conf_default(struct suture_conf *conf)
{
	*conf = (struct suture_conf){
		.install = true, .settle_ms = 200, .rescan_s = 300, .quiet_s = 60,
		.take_back = true,
		.harm = {
			.in_patch = 1, .crashes = 3, .window_s = 60, .factor = 2,
			.watch_s = 24 * 3600, .users = 2,
		},
	};
}

/* ---------------------------------------------------------------- values */

static int parse_bool(const char *value, bool *ret)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		if (strcasecmp(value, yes[i]) && strcasecmp(value, no[i]))
			continue;
		*ret = !strcasecmp(value, yes[i]);
		return 0;
	}
	return -EINVAL;
}

static int parse_number(const char *value, unsigned int max, const char *unit, unsigned int *ret)
{
	unsigned long number;
	char *end;

	if (*value < '0' || *value > '9')
		return -EINVAL;
	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || number > max || (*end && strcmp(end, unit)))
		return -EINVAL;
	*ret = number;
	return 0;
}

static int set_install(struct suture_conf *conf, const char *value)
{
	return parse_bool(value, &conf->install);
}

static int set_exclude(struct suture_conf *conf, const char *value)
{
	if (*value)
		return suture_strv_add(&conf->exclude, &conf->nr_exclude, value);
	suture_strv_free(conf->exclude);
	conf->exclude = NULL;
	conf->nr_exclude = 0;
	return 0;
}

static int set_settle(struct suture_conf *conf, const char *value)
{
	return parse_number(value, 60000, "", &conf->settle_ms);
}

static int set_rescan(struct suture_conf *conf, const char *value)
{
	return parse_number(value, 7 * 24 * 3600, "", &conf->rescan_s);
}

static int set_canary(struct suture_conf *conf, const char *value)
{
	return parse_number(value, 99, "%", &conf->canary);
}

static int set_quiet(struct suture_conf *conf, const char *value)
{
	return parse_number(value, 30 * 24 * 3600, "", &conf->quiet_s);
}

static int set_take_back(struct suture_conf *conf, const char *value)
{
	return parse_bool(value, &conf->take_back);
}

static int set_in_patch(struct suture_conf *conf, const char *value)
{
	return parse_number(value, 1000, "", &conf->harm.in_patch);
}

static int set_crashes(struct suture_conf *conf, const char *value)
{
	return parse_number(value, 1000, "", &conf->harm.crashes);
}

static int set_window(struct suture_conf *conf, const char *value)
{
	int ret = parse_number(value, 24 * 3600, "", &conf->harm.window_s);

	return !ret && !conf->harm.window_s ? -EINVAL : ret;
}

static int set_factor(struct suture_conf *conf, const char *value)
{
	return parse_number(value, 1000, "", &conf->harm.factor);
}

static int set_watch(struct suture_conf *conf, const char *value)
{
	return parse_number(value, 30 * 24 * 3600, "", &conf->harm.watch_s);
}

static int set_users(struct suture_conf *conf, const char *value)
{
	int ret = parse_number(value, SUTURE_HARM_USERS, "", &conf->harm.users);

	return !ret && !conf->harm.users ? -EINVAL : ret;
}

static int set_hang(struct suture_conf *conf, const char *value)
{
	return parse_number(value, 30 * 24 * 3600, "", &conf->hang_s);
}

static const struct setting {
	const char *section, *key;
	int (*set)(struct suture_conf *conf, const char *value);
	const char *wanted;
} settings[] = {
	{ "Automatic", "Install", set_install, "yes or no" },
	{ "Automatic", "Exclude", set_exclude, "a pattern of patch names" },
	{ "Service", "SettleMSec", set_settle, "milliseconds, at most 60000" },
	{ "Service", "RescanSec", set_rescan, "seconds, at most a week, or 0" },
	{ "Rollout", "Canary", set_canary, "a percentage of at most 99%, or 0" },
	{ "Rollout", "QuietSec", set_quiet, "seconds, at most 30 days" },
	{ "Watch", "TakeBack", set_take_back, "yes or no" },
	{ "Watch", "InPatch", set_in_patch, "a number of crashes, at most 1000, or 0" },
	{ "Watch", "Crashes", set_crashes, "a number of crashes, at most 1000, or 0" },
	{ "Watch", "WindowSec", set_window, "seconds, 1 to a day" },
	{ "Watch", "Factor", set_factor, "a number, at most 1000" },
	{ "Watch", "WatchSec", set_watch, "seconds, at most 30 days" },
	{ "Watch", "Users", set_users, "a number of users, 1 to 8" },
	{ "Watch", "HangSec", set_hang, "seconds, at most 30 days, or 0" },
};

#define NR_SETTINGS (sizeof(settings) / sizeof(*settings))

/* ----------------------------------------------------------------- lines */

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int begin_section(char *line, const char **section, struct suture_error *err)
{
	size_t len = strlen(line), i;

	if (line[len - 1] != ']')
		return suture_error_set(err, -EINVAL, "a section is [Name]");
	line[len - 1] = '\0';
	for (i = 0; i < NR_SETTINGS; i++) {
		if (strcmp(settings[i].section, line + 1))
			continue;
		*section = settings[i].section;
		return 0;
	}
	return suture_error_set(err, -EINVAL,
				"unknown section [%s] (there are Automatic, Service, Rollout and Watch)",
				line + 1);
}

static int parse_line(char *line, const char **section, struct suture_conf *conf,
		      struct suture_error *err)
{
	char *key = trim(line), *value;
	size_t i;
	int ret;

	if (!*key || *key == '#' || *key == ';')
		return 0;
	if (*key == '[')
		return begin_section(key, section, err);
	value = strchr(key, '=');
	if (!value)
		return suture_error_set(err, -EINVAL, "neither [SECTION] nor KEY=VALUE");
	*value++ = '\0';
	key = trim(key);
	value = trim(value);
	if (!*section)
		return suture_error_set(err, -EINVAL, "%s= stands before any [SECTION]", key);
	for (i = 0; i < NR_SETTINGS; i++) {
		if (strcmp(settings[i].section, *section) || strcmp(settings[i].key, key))
			continue;
		ret = settings[i].set(conf, value);
		if (ret == -ENOMEM)
			return suture_error_nomem(err);
		if (ret)
			return suture_error_set(err, ret, "%s=%s: wanted is %s", key, value,
						settings[i].wanted);
		return 0;
	}
	return suture_error_set(err, -EINVAL, "unknown key %s= in [%s]", key, *section);
}

int suture_conf_parse(const char *text, size_t len, const char *name, struct suture_conf *conf,
		      struct suture_error *err)
{
	const char *end = text + len, *next, *section = NULL;
	struct suture_error why = { 0 };
	unsigned int nr = 1;
	char *line;
	int ret = 0;

	for (; !ret && text < end; text = next + 1, nr++) {
		next = memchr(text, '\n', end - text);
		if (!next)
			next = end;
		line = strndup(text, next - text);
		if (!line)
			ret = suture_error_nomem(&why);
		else if (memchr(text, '\0', next - text))
			ret = suture_error_set(&why, -EINVAL, "a NUL byte: no text");
		else
			ret = parse_line(line, &section, conf, &why);
		if (ret)
			suture_error_set(err, ret, "%s:%u: %s", name, nr, why.text);
		free(line);
	}
	return ret;
}

/* ----------------------------------------------------------------- files */

static int parse_file(const char *text, size_t len, const char *name, void *arg,
		      struct suture_error *err)
{
	return suture_conf_parse(text, len, name, arg, err);
}

int suture_conf_read(const struct suture_dirs *dirs, struct suture_conf *ret_conf,
		     struct suture_error *err)
{
	static const char what[] = "a configuration";
	struct suture_conf conf;
	int ret = 0;

	suture_conf_default(&conf);
	if (!access(dirs->conf, F_OK) || errno != ENOENT)
		ret = suture_conf_file(dirs->conf, what, parse_file, &conf, err);
	if (!ret)
		ret = suture_dropin_read(dirs->conf_dirs, what, parse_file, &conf, err);
	if (ret)
		suture_conf_free(&conf);
	else
		*ret_conf = conf;
	return ret;
}

bool suture_conf_excludes(const struct suture_conf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->nr_exclude; i++)
		if (!fnmatch(conf->exclude[i], name, 0))
			return true;
	return false;
}

void suture_conf_free(struct suture_conf *conf)
{
	suture_strv_free(conf->exclude);
	memset(conf, 0, sizeof(*conf));
}
