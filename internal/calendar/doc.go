// Package calendar says which day it is in Vietnam, and which days are worked.
//
// # The rule
//
// A day is a [Date], never a moment: a pay date cannot slip over midnight
// because a server stands in another zone. Moments become days only through
// [Zone], UTC+7 all year. Lunar days are computed from sun and moon at that
// meridian, so Tet 2030 is 2 February here although it is 3 February in Beijing.
//
// # The picture
//
//	moment --DateOf--> Date --LunarOf--> Lunar       Tet(year), SolarOf
//	                    |
//	                    +--Calendar--> Holiday? business day? next one?
//	                        ^
//	                        holidays.csv (law) + Amend (what a year's decision changed)
//
// # What this package does not do
//
// It reads no clock. It does not know bank cut-off hours. It cannot know the
// yearly decisions that swap working days around Tet and 2 September: until
// somebody enters them with [Calendar.Amend] it shows the days of the law with
// defaults of ours, and whoever schedules warns rather than blocks.
package calendar
