/** What becomes, or stands in, the name of a table or a column without being quoted. */
export const NAME = /^[a-z][a-z0-9_]*$/;
export const NAME_EXPECTED = 'expected a lower-case name: letters, digits and _, beginning with a letter';
