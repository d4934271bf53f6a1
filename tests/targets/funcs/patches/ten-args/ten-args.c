// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: ten() changes its sign");
SUTURE_LICENSE("GPL-2.0");

static double new_ten(long a, long b, long c, long d, long e, long f, long g, long h, long i,
		      long j, double p, double q, double r, double s, double t, double u,
		      double v, double w, double x, double y)
{
	return -(a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j +
		 11 * p + 12 * q + 13 * r + 14 * s + 15 * t + 16 * u + 17 * v + 18 * w +
		 19 * x + 20 * y);
}

SUTURE_REPLACE(ten, new_ten);
