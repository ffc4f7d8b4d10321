/** Cases of the corpus in which we differ, each with its reason. A case that is not in the list must agree. */
export const deviations: Readonly<Record<string, string>> = {};
